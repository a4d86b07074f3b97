using System.Net;
using Sidecar.Components.Middleware;

namespace Sidecar.Pipelines;

/// <summary>The body of a call to the app, or of the app's answer, on its way through a pipeline.</summary>
internal sealed class ChangedContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly BodyChange _change;

    public ChangedContent(HttpContent inner, BodyChange change)
    {
        (_inner, _change) = (inner, change);
        foreach (var (name, values) in inner.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        await SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // Not disposed: that would end the connection that the bytes go to.
        var changed = new ChangedStream(stream, _change);
        await _inner.CopyToAsync(changed, context, cancellationToken);
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() =>
        new ChangedStream(await _inner.ReadAsStreamAsync(), _change);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new ChangedStream(await _inner.ReadAsStreamAsync(cancellationToken), _change);

    protected override bool TryComputeLength(out long length)
    {
        length = _inner.Headers.ContentLength ?? 0;
        return _inner.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
