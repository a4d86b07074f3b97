using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using RabbitMQ.Client;

namespace Sidecar.Clients.RabbitMq;

/// <summary>TLS as daprd does it: with a caCert that authority alone counts, otherwise the system's.</summary>
internal static class RabbitMqTls
{
    public static SslOption For(RabbitMqConnectionOptions options)
    {
        if (!options.UseTls)
        {
            return new SslOption();
        }

        var tls = new SslOption(options.Host, enabled: true);
        if (options.ClientCert is not null && options.ClientKey is not null)
        {
            tls.Certs = [X509Certificate2.CreateFromPem(options.ClientCert, options.ClientKey)];
        }

        if (options.CaCert is not null)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPem(options.CaCert);
            tls.CertificateValidationCallback = (_, certificate, presented, errors) => IsTrusted(certificate, presented, errors, authorities);
        }

        return tls;
    }

    private static bool IsTrusted(X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        // The system's verdict on the chain is replaced; one on the name is not.
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (var element in presented?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        using var server = new X509Certificate2(certificate);
        return chain.Build(server);
    }
}
