using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sidecar.Configuration;

namespace Sidecar.Components.Bindings.Http;

/// <summary>daprd's names and defaults (dapr-contract.md 9.3).</summary>
/// <param name="ResponseTimeout">Zero: as long as the caller waits.</param>
/// <param name="MaxResponseBodySize">Bytes; a longer answer is cut off there, as by daprd. 0: no limit.</param>
internal sealed record HttpBindingOptions(
    Uri Url,
    TimeSpan ResponseTimeout,
    long MaxResponseBodySize,
    bool ErrorIfNot2XX,
    (string Header, string Token)? Security,
    X509Certificate2? RootAuthority,
    X509Certificate2? ClientCertificate)
{
    private const long DefaultMaxResponse = 100L << 20;

    public static HttpBindingOptions Parse(ComponentMetadata metadata)
    {
        var url = metadata.Required("url");
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https"))
        {
            if (url.Length > 0)
            {
                metadata.Reject("url", $"'{url}' is not an absolute URL that starts with http:// or https://");
            }

            parsed = new Uri("http://localhost");
        }

        // Accepted and without effect: TLS 1.3 knows no renegotiation.
        metadata.Text("MTLSRenegotiation");
        return new HttpBindingOptions(
            parsed,
            metadata.Duration("responseTimeout", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(1)),
            ParseSize(metadata),
            metadata.Text("errorIfNot2XX") is null || metadata.Flag("errorIfNot2XX"),
            ParseSecurity(metadata),
            ParseAuthority(metadata),
            ParseClientCertificate(metadata));
    }

    private static long ParseSize(ComponentMetadata metadata)
    {
        if (metadata.Text("maxResponseBodySize") is not { } text)
        {
            return DefaultMaxResponse;
        }

        if (ResourceQuantity.TryParse(text, out var bytes))
        {
            return bytes;
        }

        metadata.Reject("maxResponseBodySize", $"'{text}' is not a size such as 4Mi or 1000000");
        return DefaultMaxResponse;
    }

    private static (string Header, string Token)? ParseSecurity(ComponentMetadata metadata)
    {
        var (token, header) = (metadata.Text("securityToken"), metadata.Text("securityTokenHeader"));
        if (token is not null && header is null)
        {
            metadata.Reject("securityTokenHeader", "is required beside securityToken: the header that carries it");
        }

        return token is null || header is null ? null : (header, token);
    }

    private static X509Certificate2? ParseAuthority(ComponentMetadata metadata) =>
        Pem(metadata, "MTLSRootCA") is { } pem ? Load(metadata, "MTLSRootCA", () => X509Certificate2.CreateFromPem(pem)) : null;

    private static X509Certificate2? ParseClientCertificate(ComponentMetadata metadata)
    {
        var (certificate, key) = (Pem(metadata, "MTLSClientCert"), Pem(metadata, "MTLSClientKey"));
        if (certificate is null != key is null)
        {
            metadata.Reject(certificate is null ? "MTLSClientCert" : "MTLSClientKey", "is required: certificate and key go together");
            return null;
        }

        return certificate is null ? null : Load(metadata, "MTLSClientCert", () => X509Certificate2.CreateFromPem(certificate, key));
    }

    private static X509Certificate2? Load(ComponentMetadata metadata, string name, Func<X509Certificate2> load)
    {
        try
        {
            return load();
        }
        catch (CryptographicException failure)
        {
            metadata.Reject(name, $"is no PEM certificate that can be used: {failure.Message}");
            return null;
        }
    }

    /// <summary>The PEM text itself, or the file that holds it.</summary>
    private static string? Pem(ComponentMetadata metadata, string name)
    {
        if (metadata.Text(name) is not { } text || text.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            return metadata.Text(name);
        }

        try
        {
            return File.ReadAllText(text);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            metadata.Reject(name, $"is neither PEM text nor a file that can be read: {failure.Message}");
            return null;
        }
    }
}
