using Microsoft.AspNetCore.Http.Features;
using Sidecar.Tracing;

namespace Sidecar.Invocation;

/// <summary>A call that came as an HTTP request.</summary>
internal sealed class InvocationRequest : IInvocation
{
    private const int LargestFirstBuffer = 4 << 20;

    private readonly HttpContext _context;
    private readonly InvocationIdentity _identity;
    private readonly Uri _target;
    private readonly long? _limit;
    private readonly bool _hasBody;
    private byte[]? _kept;
    private RelayedContent? _relayed;

    /// <param name="limit">Bytes; a body of a known length was compared with it before.</param>
    public InvocationRequest(HttpContext context, InvocationIdentity identity, Uri target, long? limit)
    {
        (_context, _identity, _target, _limit) = (context, identity, target, limit);
        _hasBody = context.Request.ContentLength is > 0
            || (context.Request.ContentLength is null && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true });
    }

    public bool IsStream => _hasBody && _context.Request.ContentLength is null;

    public bool CanBeSentAgain => !_hasBody || _kept is not null || _relayed is not { WasRead: true };

    public async Task KeepBodyAsync(CancellationToken cancellationToken)
    {
        if (_hasBody && !IsStream)
        {
            // As large as announced, unless that is a claim which the sender has yet to make good.
            using var buffer = new MemoryStream((int)Math.Min(_context.Request.ContentLength ?? 0, LargestFirstBuffer));
            await _context.Request.Body.CopyToAsync(buffer, cancellationToken);
            _kept = buffer.Length == buffer.Capacity ? buffer.GetBuffer() : buffer.ToArray();
        }
    }

    public HttpRequestMessage Build()
    {
        var incoming = _context.Request;
        var request = new HttpRequestMessage(new HttpMethod(incoming.Method), _target) { Content = Body() };
        var nominated = HeaderRules.NominatedBy(incoming.Headers.Connection);
        foreach (var (name, values) in incoming.Headers)
        {
            if (HeaderRules.GoesToApp(name, nominated) && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        _identity.AddTo(request.Headers);
        var trace = TraceContext.Of(_context);
        AddWhenPresent(request, "traceparent", trace.Traceparent);
        AddWhenPresent(request, "tracestate", trace.Tracestate);
        AddWhenPresent(request, "baggage", trace.Baggage);
        return request;
    }

    private HttpContent? Body()
    {
        if (_kept is not null)
        {
            return new ByteArrayContent(_kept);
        }

        _relayed = _hasBody ? new RelayedContent(_context.Request.Body, _context.Request.ContentLength, _limit) : null;
        return _relayed;
    }

    private static void AddWhenPresent(HttpRequestMessage request, string name, string value)
    {
        if (value.Length > 0)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
