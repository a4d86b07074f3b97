using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sidecar.Components;

namespace Sidecar.Clients.Redis;

/// <summary>The connection members that every Redis component has, with daprd's names and defaults (dapr-contract.md 4.5).</summary>
/// <param name="ClientCertificate">PEM text of certificate and key; null: none is shown to the server.</param>
/// <param name="MaxRetries">How often a command is sent again after its connection broke.</param>
/// <param name="ReadTimeout">Longest wait for an answer; a connection whose oldest command waited longer is given up.</param>
internal sealed record RedisOptions(
    string Host,
    int Port,
    string? Username,
    string? Password,
    int Database,
    bool Tls,
    bool SkipTlsVerify,
    (string Certificate, string Key)? ClientCertificate,
    int MaxRetries,
    TimeSpan MinRetryInterval,
    TimeSpan MaxRetryInterval,
    TimeSpan DialTimeout,
    TimeSpan ReadTimeout)
{
    private const int DefaultPort = 6379;

    // A pool belongs to a client with one command per connection at a time; this one sends many over one connection.
    private static readonly string[] PoolMembers =
        ["poolSize", "minIdleConns", "maxConnAge", "poolTimeout", "idleTimeout", "idleCheckFrequency", "writeTimeout"];

    public string Address => $"{Host}:{Port}";

    public static RedisOptions Parse(ComponentMetadata metadata)
    {
        var millisecond = TimeSpan.FromMilliseconds(1);
        foreach (var member in PoolMembers)
        {
            metadata.Text(member);
        }

        RefuseUnsupported(metadata);
        var (host, port) = ParseHost(metadata);
        return new RedisOptions(
            host,
            port,
            metadata.Text("redisUsername"),
            metadata.Text("redisPassword"),
            metadata.Number("redisDB", 0, 0),
            metadata.Flag("enableTLS"),
            metadata.Flag("insecureSkipTLSVerify"),
            ParseCertificate(metadata),
            Math.Max(0, metadata.Number("redisMaxRetries", 3, -1)),
            metadata.Duration("redisMinRetryInterval", 8 * millisecond, TimeSpan.Zero, millisecond),
            metadata.Duration("redisMaxRetryInterval", TimeSpan.FromSeconds(2), TimeSpan.Zero, millisecond, "maxRetryBackoff"),
            metadata.Duration("dialTimeout", TimeSpan.FromSeconds(5), millisecond, millisecond),
            metadata.Duration("readTimeout", TimeSpan.FromSeconds(3), millisecond, millisecond));
    }

    private static void RefuseUnsupported(ComponentMetadata metadata)
    {
        if (metadata.Text("redisType") is { } type && type != "node")
        {
            metadata.Reject("redisType", type == "cluster"
                ? "cluster is not supported by this sidecar; use a single node"
                : $"'{type}' must be node");
        }

        if (metadata.Flag("failover"))
        {
            metadata.Reject("failover", "Redis Sentinel is not supported by this sidecar; name the server itself");
        }

        foreach (var member in (string[])["sentinelMasterName", "sentinelUsername", "sentinelPassword"])
        {
            metadata.Text(member);
        }

        foreach (var member in (string[])["useEntraID", "useOIDC"])
        {
            if (metadata.Flag(member))
            {
                metadata.Reject(member, "is not supported by this sidecar; use redisUsername and redisPassword");
            }
        }
    }

    private static (string Host, int Port) ParseHost(ComponentMetadata metadata)
    {
        var text = metadata.Required("redisHost");
        var named = metadata.Number("redisPort", 0, 0);
        if (text.Contains(',', StringComparison.Ordinal))
        {
            metadata.Reject("redisHost", "several hosts mean a cluster or Sentinel, which this sidecar does not support; name one");
            return ("", DefaultPort);
        }

        var colon = text.LastIndexOf(':');
        var hasPort = colon > 0 && !text.EndsWith(']') && (text[0] == '[' || text.IndexOf(':', StringComparison.Ordinal) == colon);
        var host = (hasPort ? text[..colon] : text).Trim('[', ']');
        if (!hasPort)
        {
            return (host, CheckPort(metadata, "redisPort", named == 0 ? DefaultPort : named));
        }

        if (!int.TryParse(text[(colon + 1)..], out var port) || host.Length == 0)
        {
            metadata.Reject("redisHost", $"'{text}' must be host:port, such as localhost:{DefaultPort}");
            return (host, DefaultPort);
        }

        if (named != 0 && named != port)
        {
            metadata.Reject("redisPort", $"{named} contradicts redisHost, which says {port}; remove one of the two");
        }

        return (host, CheckPort(metadata, "redisHost", port));
    }

    private static int CheckPort(ComponentMetadata metadata, string member, int port)
    {
        if (port is > 0 and < 65_536)
        {
            return port;
        }

        metadata.Reject(member, $"{port} is no port; use 1 to 65535");
        return DefaultPort;
    }

    private static (string, string)? ParseCertificate(ComponentMetadata metadata)
    {
        var (certificate, key) = (metadata.Text("clientCert"), metadata.Text("clientKey"));
        if (certificate is null && key is null)
        {
            return null;
        }

        if (certificate is null || key is null)
        {
            metadata.Reject(certificate is null ? "clientCert" : "clientKey", "is required when the other of clientCert and clientKey is given");
            return null;
        }

        try
        {
            X509Certificate2.CreateFromPem(certificate, key).Dispose();
            return (certificate, key);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            metadata.Reject("clientCert", $"clientCert and clientKey are not a PEM pair: {exception.Message}");
            return null;
        }
    }
}
