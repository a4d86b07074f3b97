using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Sidecar.Clients;

namespace Sidecar.Invocation;

/// <summary>Calls a service without a sidecar: it gets the trace and the endpoint's headers, and nothing that is Dapr's.</summary>
internal sealed class HttpEndpointChannel(
    string baseUrl, IReadOnlyList<KeyValuePair<string, string>> headers, HttpEndpointChannel.Connections connections) : IAppChannel, IDisposable
{
    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private static readonly string[] OfDapr =
    [
        HeaderRules.CallerAppId, HeaderRules.CallerNamespace, HeaderRules.CalleeAppId, "X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "baggage",
    ];

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (SidecarHeaders.Find(request, SidecarHeaders.Proxied) is not null)
        {
            throw new InvocationRefusedException(Grpc.GrpcStatusCode.Unimplemented, "gRPC calls are not proxied to HTTP endpoints");
        }

        if (SidecarHeaders.Find(request, SidecarHeaders.NoVerb) is { } why)
        {
            throw new HttpRequestException(why);
        }

        request.RequestUri = new Uri(baseUrl.TrimEnd('/') + request.RequestUri!.OriginalString, Verbatim);
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        request.Version = request.RequestUri.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11;
        foreach (var name in request.Headers.NonValidated.Select(header => header.Key).Where(name => SidecarHeaders.Has(name) || OfDapr.Contains(name, StringComparer.OrdinalIgnoreCase)).ToList())
        {
            request.Headers.Remove(name);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await connections.SendAsync(request, cancellationToken);
    }

    public void Dispose() => connections.Dispose();

    /// <summary>Of one endpoint, or of all URLs: what differs is whom they trust and who they say they are.</summary>
    internal sealed class Connections : IDisposable
    {
        private readonly HttpMessageInvoker _client;

        public Connections(X509Certificate2? rootAuthority, X509Certificate2? clientCertificate)
        {
            var handler = new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                AutomaticDecompression = DecompressionMethods.None,
                ActivityHeadersPropagator = null,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
                ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            };
            handler.SslOptions.Trust(rootAuthority, clientCertificate);
            _client = new HttpMessageInvoker(handler);
        }

        public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _client.SendAsync(request, cancellationToken);

        public void Dispose() => _client.Dispose();
    }
}
