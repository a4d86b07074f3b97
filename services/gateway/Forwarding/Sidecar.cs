using System.Text;
using Dapr;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Resilience;

namespace DaprShop.Gateway.Forwarding;

/// <summary>
/// Service invocation over the sidecar's HTTP API, as a bare message invoker: the client class that the SDK hands out follows
/// redirects and keeps cookies, which a gateway must not do for its callers.
/// </summary>
internal sealed class Sidecar(IConfiguration configuration, CircuitBreakers breakers, TimeProvider clock) : IDisposable
{
    private readonly Uri _endpoint = new(DaprDefaults.GetDefaultHttpEndpoint(configuration));
    private readonly string _token = DaprDefaults.GetDefaultDaprApiToken(configuration);

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        // Without it a client's header outside ASCII would look like a sidecar that cannot be reached.
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    });

    /// <param name="pathAndQuery">Escaped, with its leading slash.</param>
    public HttpRequestMessage CreateRequest(HttpMethod method, string appId, string pathAndQuery)
    {
        var request = new HttpRequestMessage(method, new Uri(_endpoint, $"/v1.0/invoke/{appId}/method{pathAndQuery}"));
        if (!string.IsNullOrEmpty(_token))
        {
            request.Headers.Add("dapr-api-token", _token);
        }

        return request;
    }

    /// <summary>Throws <see cref="DependencyUnavailableException"/> when the app is known to be away.</summary>
    /// <returns>The answer as soon as its headers are there; the body still streams.</returns>
    public Task<HttpResponseMessage> InvokeAsync(string appId, HttpRequestMessage request, CancellationToken cancellationToken) =>
        AppCallHandler.RunAsync(breakers.Of(appId), clock, token => SendAsync(request, token), cancellationToken);

    /// <summary>As <see cref="InvokeAsync"/>, also to an app that is known to be away: for what asks by a timer.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _http.SendAsync(request, cancellationToken);

    public void Dispose() => _http.Dispose();
}
