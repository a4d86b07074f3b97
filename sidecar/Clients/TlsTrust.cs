using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Sidecar.Clients;

/// <summary>Whom a client trusts, and who it says it is.</summary>
internal static class TlsTrust
{
    /// <param name="rootAuthority">In place of the system's; null: the system's.</param>
    public static void Trust(this SslClientAuthenticationOptions options, X509Certificate2? rootAuthority, X509Certificate2? clientCertificate)
    {
        if (clientCertificate is not null)
        {
            options.ClientCertificates = [clientCertificate];
        }

        if (rootAuthority is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { rootAuthority },
                RevocationMode = X509RevocationMode.NoCheck,
            };
        }
    }
}
