namespace Dapr.Client;

/// <summary>
/// Sends <c>http://{appId}/{path}</c> through the sidecar, as <c>{sidecar}/v1.0/invoke/{appId}/method/{path}</c>.
/// The request gets its own URI back when the call is over.
/// </summary>
public class InvocationHandler : DelegatingHandler
{
    private Uri _endpoint = null!;
    private string _daprEndpoint = null!;

    /// <summary>A handler for the sidecar that the environment names.</summary>
    public InvocationHandler()
    {
        DaprEndpoint = DaprDefaults.GetDefaultHttpEndpoint();
        ApiToken = DaprDefaults.GetDefaultDaprApiToken(null);
    }

    /// <summary>The sidecar's HTTP endpoint.</summary>
    /// <exception cref="ArgumentException">The scheme is neither http nor https.</exception>
    public string DaprEndpoint
    {
        get => _daprEndpoint;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            var endpoint = new Uri(value, UriKind.Absolute);
            if (endpoint.Scheme != Uri.UriSchemeHttp && endpoint.Scheme != Uri.UriSchemeHttps)
            {
                throw new ArgumentException($"The sidecar's endpoint '{value}' must be an http or https URI.", nameof(value));
            }

            _endpoint = endpoint;
            _daprEndpoint = value;
        }
    }

    /// <summary>An app id whose letter case is kept, although a URI's host name is lower-case.</summary>
    public string? DefaultAppId { get; set; }

    internal string ApiToken { get; set; }

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var original = request.RequestUri;
        if (original is not { IsAbsoluteUri: true } || original.Host.Length == 0)
        {
            throw new ArgumentException($"'{original}' does not name an app to invoke: expected http://{{appId}}/{{path}}.", nameof(request));
        }

        var tokenAdded = ApiToken.Length > 0 && request.Headers.TryAddWithoutValidation(DaprDefaults.ApiTokenHeader, ApiToken);
        try
        {
            request.RequestUri = Rewrite(original);
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            request.RequestUri = original;
            if (tokenAdded)
            {
                request.Headers.Remove(DaprDefaults.ApiTokenHeader);
            }
        }
    }

    private Uri Rewrite(Uri uri)
    {
        var appId = string.Equals(DefaultAppId, uri.Host, StringComparison.OrdinalIgnoreCase) ? DefaultAppId! : uri.Host;
        return new Uri(_endpoint, $"/v1.0/invoke/{appId}/method{uri.AbsolutePath}{uri.Query}");
    }
}
