using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc;
using Sidecar.Grpc.Callbacks;

namespace Sidecar.Host;

/// <summary>
/// One GET of the app's health path, of which any 2xx within the timeout is good, or one call of a gRPC app's HealthCheck that ends
/// OK (dapr-contract.md 1.7).
/// </summary>
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
        if (options.AppHasTls)
        {
#pragma warning disable CA5359 // daprd does not check the certificate of the app beside it either: it is self-signed as a rule.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        _http = new HttpClient(handler, disposeHandler: true)
        {
            BaseAddress = new Uri($"{options.AppAddress}/"),
            DefaultRequestVersion = options.AppHttpVersion,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
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
            return _options.AppSpeaksGrpc ? await CallAsync(both.Token) : await GetAsync(both.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or GrpcException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    private async Task<bool> GetAsync(CancellationToken cancellationToken)
    {
        using var answer = await _http.GetAsync(
            _options.AppHealthCheckPath.TrimStart('/'), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return answer.IsSuccessStatusCode;
    }

    private async Task<bool> CallAsync(CancellationToken cancellationToken)
    {
        using var request = AppCallback.ToRequest(AppCallback.HealthCheck, new Empty());
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await GrpcReply.ReadAsync(answer, Empty.Parser, _options.MaxBodySizeBytes, cancellationToken);
        return true;
    }

    public void Dispose() => _http.Dispose();
}
