using System.Security.Cryptography;
using Confluent.Kafka;
using Sidecar.Components;

namespace Sidecar.Clients.Kafka;

/// <summary>How a connection is encrypted and who it says it is; certificates and keys are PEM texts, as in Dapr's metadata.</summary>
internal sealed record KafkaSecurity
{
    public bool Tls { get; private init; }

    public bool IsPlain => !Tls && Mechanism is null;

    public bool SkipVerify { get; private init; }

    public string? CaCert { get; private init; }

    public string? ClientCert { get; private init; }

    public string? ClientKey { get; private init; }

    public SaslMechanism? Mechanism { get; private init; }

    public string? Username { get; private init; }

    public string? Password { get; private init; }

    public static KafkaSecurity Parse(ComponentMetadata metadata)
    {
        var disableTls = metadata.Flag("disableTls");
        var security = new KafkaSecurity
        {
            SkipVerify = metadata.Flag("skipVerify"),
            CaCert = Pem(metadata, "caCert"),
            ClientCert = Pem(metadata, "clientCert"),
            ClientKey = Pem(metadata, "clientKey"),
            Username = metadata.Text("saslUsername"),
            Password = metadata.Text("saslPassword"),
            Mechanism = ParseMechanism(metadata),
        };
        return AuthType(metadata, security) switch
        {
            "none" => new KafkaSecurity(),
            "password" => security.WithPassword(metadata) with { Tls = !disableTls, ClientCert = null, ClientKey = null },
            "mtls" => security.WithClientCertificate(metadata, disableTls) with { Tls = true, Mechanism = null },
            "certificate" => security.WithAuthority(metadata) with { Tls = !disableTls, Mechanism = null, ClientCert = null, ClientKey = null },
            _ => security,
        };
    }

    public void Apply(ClientConfig config)
    {
        config.SecurityProtocol = (Tls, Mechanism) switch
        {
            (true, null) => SecurityProtocol.Ssl,
            (true, _) => SecurityProtocol.SaslSsl,
            (false, null) => SecurityProtocol.Plaintext,
            (false, _) => SecurityProtocol.SaslPlaintext,
        };
        if (Tls)
        {
            config.EnableSslCertificateVerification = !SkipVerify;
            config.SslEndpointIdentificationAlgorithm =
                SkipVerify ? SslEndpointIdentificationAlgorithm.None : SslEndpointIdentificationAlgorithm.Https;
            config.SslCaPem = CaCert;
            config.SslCertificatePem = ClientCert;
            config.SslKeyPem = ClientKey;
        }

        if (Mechanism is { } mechanism)
        {
            config.SaslMechanism = mechanism;
            config.SaslUsername = Username;
            config.SaslPassword = Password;
        }
    }

    private static string AuthType(ComponentMetadata metadata, KafkaSecurity security)
    {
        // The older member, still read by daprd: it says only whether, and the password says how.
        var required = metadata.Text("authRequired");
        if (metadata.Text("authType") is not { } type)
        {
            if (required is null)
            {
                metadata.Reject("authType", "is required: none, password, mtls or certificate");
                return "";
            }

            return !metadata.Flag("authRequired") ? "none" : security.Password is null ? "mtls" : "password";
        }

        switch (type.ToUpperInvariant())
        {
            case "NONE":
                return "none";
            case "PASSWORD":
                return "password";
            case "MTLS":
                return "mtls";
            case "CERTIFICATE":
                return "certificate";
            case "OIDC" or "OIDC_PRIVATE_KEY_JWT" or "AWSIAM":
                metadata.Reject("authType", $"'{type}' is not supported by this sidecar; use none, password, mtls or certificate");
                return "";
            default:
                metadata.Reject("authType", $"'{type}' is not known; use none, password, mtls or certificate");
                return "";
        }
    }

    private static SaslMechanism? ParseMechanism(ComponentMetadata metadata)
    {
        switch (metadata.Text("saslMechanism") ?? "PLAINTEXT")
        {
            case "SHA-256":
                return SaslMechanism.ScramSha256;
            case "SHA-512":
                return SaslMechanism.ScramSha512;
            case "PLAINTEXT":
                return SaslMechanism.Plain;
            case var other:
                // daprd takes any other word for PLAINTEXT and would send a password that was meant for SCRAM in the clear.
                metadata.Reject("saslMechanism", $"'{other}' is none of SHA-256, SHA-512 and PLAINTEXT");
                return null;
        }
    }

    private static string? Pem(ComponentMetadata metadata, string name)
    {
        if (metadata.Text(name) is not { } text)
        {
            return null;
        }

        if (!PemEncoding.TryFind(text, out _))
        {
            metadata.Reject(name, "is not in PEM form (-----BEGIN ...)");
        }

        return text;
    }

    private KafkaSecurity WithPassword(ComponentMetadata metadata)
    {
        if (Username is null)
        {
            metadata.Reject("saslUsername", "is required with authType password");
        }

        if (Password is null)
        {
            metadata.Reject("saslPassword", "is required with authType password");
        }

        return this;
    }

    private KafkaSecurity WithClientCertificate(ComponentMetadata metadata, bool disableTls)
    {
        if (disableTls)
        {
            metadata.Reject("disableTls", "cannot be true with authType mtls");
        }

        if (ClientCert is null)
        {
            metadata.Reject("clientCert", "is required with authType mtls");
        }

        if (ClientKey is null)
        {
            metadata.Reject("clientKey", "is required with authType mtls");
        }

        return this;
    }

    private KafkaSecurity WithAuthority(ComponentMetadata metadata)
    {
        if (CaCert is null)
        {
            metadata.Reject("caCert", "is required with authType certificate");
        }

        return this;
    }
}
