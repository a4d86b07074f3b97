using System.Net;
using System.Text;
using Sidecar.Host;

namespace Sidecar.Invocation;

/// <summary>Calls the app over HTTP, which carries gRPC too: never through a proxy, never following a redirect, never unpacking what it sent.</summary>
internal sealed class AppChannel : IAppChannel, IDisposable
{
    private const string TokenHeader = "dapr-api-token";

    // The path is already in its final form: canonicalisation would decode what the client escaped on purpose.
    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly AppHealth _health;
    private readonly HttpMessageInvoker _client;
    private readonly SemaphoreSlim? _places;
    private readonly string _address;
    private readonly string? _token;
    private readonly Version _version;

    public AppChannel(SidecarOptions options, AppHealth health)
    {
        _health = health;
        _token = options.AppApiToken;
        _places = options.AppMaxConcurrency > 0 ? new SemaphoreSlim(options.AppMaxConcurrency) : null;
        _address = options.AppAddress;
        _version = options.AppHttpVersion;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,

            // Callers say which trace context goes on; the runtime's own propagation would send another span's.
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
            ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        };
        if (options.AppHasTls)
        {
            // The app on this machine serves a development certificate; daprd does not check it either.
#pragma warning disable CA5359
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        _client = new HttpMessageInvoker(handler);
    }

    public bool IsHealthy => _health.IsHealthy;

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!_health.IsHealthy)
        {
            throw new HttpRequestException("app is not in a healthy state");
        }

        Address(request);
        if (_places is null)
        {
            return await _client.SendAsync(request, cancellationToken);
        }

        await _places.WaitAsync(cancellationToken);
        try
        {
            var answer = await _client.SendAsync(request, cancellationToken);
            answer.Content = new PlacedContent(answer.Content, _places);
            return answer;
        }
        catch
        {
            _places.Release();
            throw;
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _places?.Dispose();
    }

    private void Address(HttpRequestMessage request)
    {
        var target = request.RequestUri!.OriginalString;
        request.RequestUri = new Uri(target.StartsWith('/') ? _address + target : $"{_address}/{target}", Verbatim);
        request.Version = _version;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;

        // The token that clients send to the sidecar is not the app's business.
        request.Headers.Remove(TokenHeader);
        if (!string.IsNullOrEmpty(_token))
        {
            request.Headers.TryAddWithoutValidation(TokenHeader, _token);
        }
    }

    /// <summary>Holds its place among the concurrent calls until the answer's body is read or given up.</summary>
    private sealed class PlacedContent : HttpContent
    {
        private readonly HttpContent _body;
        private SemaphoreSlim? _places;

        public PlacedContent(HttpContent body, SemaphoreSlim places)
        {
            (_body, _places) = (body, places);
            foreach (var header in body.Headers.NonValidated)
            {
                Headers.TryAddWithoutValidation(header.Key, header.Value);
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _body.CopyToAsync(stream, context);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            _body.CopyToAsync(stream, context, cancellationToken);

        protected override Task<Stream> CreateContentReadStreamAsync() => _body.ReadAsStreamAsync();

        protected override Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) => _body.ReadAsStreamAsync(cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = _body.Headers.ContentLength ?? 0;
            return _body.Headers.ContentLength is not null;
        }

        protected override void Dispose(bool disposing)
        {
            _body.Dispose();
            Interlocked.Exchange(ref _places, null)?.Release();
            base.Dispose(disposing);
        }
    }
}
