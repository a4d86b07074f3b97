namespace Sidecar.Host;

/// <summary>One GET of the app's health path: any 2xx within the timeout is good (dapr-contract.md 1.7).</summary>
internal sealed class AppHealthProbe : IDisposable
{
    private readonly SidecarOptions _options;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;

    public AppHealthProbe(SidecarOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;

        // Not the app channel: that one refuses calls to an unhealthy app, which is whom a probe has to reach.
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null };
        if (options.AppProtocol == "https")
        {
#pragma warning disable CA5359 // daprd does not check the certificate of the app beside it either: it is self-signed as a rule.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        _http = new HttpClient(handler, disposeHandler: true)
        {
            BaseAddress = new Uri($"{(options.AppProtocol == "https" ? "https" : "http")}://{options.AppChannelAddress}:{options.AppPort}/"),
        };
        if (options.AppProtocol == "h2c")
        {
            _http.DefaultRequestVersion = System.Net.HttpVersion.Version20;
            _http.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        }

        if (options.AppApiToken is { } token)
        {
            _http.DefaultRequestHeaders.TryAddWithoutValidation("dapr-api-token", token);
        }
    }

    public async Task<bool> IsGoodAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.AppHealthProbeTimeout, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var answer = await _http.GetAsync(
                _options.AppHealthCheckPath.TrimStart('/'), HttpCompletionOption.ResponseHeadersRead, both.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    public void Dispose() => _http.Dispose();
}
