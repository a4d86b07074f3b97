using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sidecar.Components;

namespace Sidecar.Clients.RabbitMq;

/// <summary>Where the broker is and as whom to log in: the connection members of Dapr's RabbitMQ components.</summary>
/// <param name="CaCert">PEM; when given, no other authority is trusted.</param>
internal sealed record RabbitMqConnectionOptions(
    string Host,
    int Port,
    string User,
    string Password,
    string VirtualHost,
    bool UseTls,
    bool SaslExternal,
    string? CaCert,
    string? ClientCert,
    string? ClientKey,
    TimeSpan Heartbeat,
    string? ClientName)
{
    private const string DefaultLogin = "guest";
    private const string Plain = "amqp";
    private const string Secure = "amqps";

    public string Address => $"{Host}:{Port}";

    /// <summary>Components with the same key share their connections.</summary>
    public string Key => string.Join(
        '\n', Host, Port, User, Password, VirtualHost, UseTls, SaslExternal, CaCert, ClientCert, ClientKey, Heartbeat, ClientName);

    public static RabbitMqConnectionOptions Parse(ComponentMetadata metadata)
    {
        var protocol = Protocol(metadata);
        var options = (metadata.Text("connectionString") ?? metadata.Text("host")) is { } text
            ? FromConnectionString(metadata, text, protocol)
            : FromMembers(metadata, protocol ?? Plain);
        options = options with
        {
            SaslExternal = metadata.Flag("saslExternal"),
            CaCert = Pem(metadata, "caCert"),
            ClientCert = Pem(metadata, "clientCert"),
            ClientKey = Pem(metadata, "clientKey"),
            Heartbeat = metadata.Duration("heartBeat", TimeSpan.FromSeconds(10), TimeSpan.Zero, TimeSpan.FromSeconds(1)),
            ClientName = metadata.Text("clientName"),
        };
        options.CheckTls(metadata);
        return options;
    }

    /// <summary>Without the password, wherever it may be printed.</summary>
    public override string ToString() => $"{(UseTls ? Secure : Plain)}://{User}@{Address}/{VirtualHost}";

    private static string? Protocol(ComponentMetadata metadata)
    {
        var protocol = metadata.Text("protocol");
        if (protocol is null or Plain or Secure)
        {
            return protocol;
        }

        metadata.Reject("protocol", $"'{protocol}' is neither {Plain} nor {Secure}");
        return null;
    }

    private static RabbitMqConnectionOptions FromMembers(ComponentMetadata metadata, string protocol)
    {
        var hostname = metadata.Text("hostname") ?? "localhost";
        if (!Uri.TryCreate($"{protocol}://{hostname}", UriKind.Absolute, out var uri)
            || uri.UserInfo.Length > 0 || uri.PathAndQuery is not ("" or "/"))
        {
            metadata.Reject("hostname", $"'{hostname}' is not a host name with an optional port, such as localhost:5672");
            uri = new Uri($"{protocol}://localhost");
        }

        var (user, password) = (metadata.Text("username"), metadata.Text("password"));
        if (user is null && password is not null)
        {
            metadata.Reject("password", "has no effect without username");
        }

        return New(uri, user ?? DefaultLogin, password ?? DefaultLogin, "/");
    }

    private static RabbitMqConnectionOptions FromConnectionString(ComponentMetadata metadata, string text, string? protocol)
    {
        // Known, though not used beside a connection string: the same as with daprd.
        foreach (var unused in (string[])["hostname", "username", "password"])
        {
            metadata.Text(unused);
        }

        // What is wrong is said without repeating the text: it may hold a password.
        if (text.Contains(' ', StringComparison.Ordinal)
            || !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not (Plain or Secure))
        {
            metadata.Reject("connectionString", "is not of the form amqp[s]://user:password@host:port/vhost; special characters must be %-encoded");
            uri = new Uri($"{Plain}://localhost");
        }
        else if (uri.Query.Length > 0)
        {
            metadata.Reject("connectionString", "options after '?' are not supported: use the members heartBeat, caCert, clientCert, clientKey");
        }
        else if (protocol is not null && protocol != uri.Scheme)
        {
            metadata.Reject("protocol", $"'{protocol}' contradicts the {uri.Scheme}:// of connectionString");
        }

        var login = uri.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString).ToArray();
        var virtualHost = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        return New(
            uri,
            uri.UserInfo.Length > 0 ? login[0] : DefaultLogin,
            login.Length > 1 ? login[1] : DefaultLogin,
            virtualHost.Length > 0 ? virtualHost : "/");
    }

    private static RabbitMqConnectionOptions New(Uri uri, string user, string password, string virtualHost)
    {
        var isSecure = uri.Scheme == Secure;
        var port = uri.Port > 0 ? uri.Port : isSecure ? 5671 : 5672;
        var host = uri.Host.Length > 0 ? uri.Host : "localhost";
        return new(host, port, user, password, virtualHost, isSecure, false, null, null, null, TimeSpan.Zero, null);
    }

    private static string? Pem(ComponentMetadata metadata, string name)
    {
        var text = metadata.Text(name);
        if (text is not null && !PemEncoding.TryFind(text, out _))
        {
            metadata.Reject(name, "holds no PEM block; give the file's content, not its name");
        }

        return text;
    }

    private void CheckTls(ComponentMetadata metadata)
    {
        if (SaslExternal && (CaCert is null || ClientCert is null || ClientKey is null))
        {
            metadata.Reject("saslExternal", "needs caCert, clientCert and clientKey");
        }

        if (!UseTls && (SaslExternal || CaCert is not null || ClientCert is not null || ClientKey is not null))
        {
            metadata.Reject(SaslExternal ? "saslExternal" : CaCert is not null ? "caCert" : "clientCert", $"needs TLS: set protocol to {Secure}");
        }

        if (ClientCert is null != ClientKey is null)
        {
            metadata.Reject(ClientCert is null ? "clientCert" : "clientKey", "is missing: certificate and key belong together");
        }

        try
        {
            using var authority = CaCert is null ? null : X509Certificate2.CreateFromPem(CaCert);
            using var client = ClientCert is null || ClientKey is null ? null : X509Certificate2.CreateFromPem(ClientCert, ClientKey);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            metadata.Reject(CaCert is null ? "clientCert" : "caCert", $"certificate or key cannot be read: {unreadable.Message}");
        }
    }
}
