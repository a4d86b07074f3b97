using System.Buffers;
using System.Net;

namespace Sidecar.Invocation;

/// <summary>
/// A request body that is passed on as it arrives, each piece flushed: the framework's own stream content would keep
/// pieces back until its buffer is full.
/// </summary>
internal sealed class RelayedContent(Stream body, long? length, long? limit) : HttpContent
{
    public const string TooLarge = "http: request body too large";

    private const int PieceSize = 16 * 1024;

    /// <summary>Once a byte was asked for, the body cannot be sent a second time.</summary>
    public bool WasRead { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        WasRead = true;
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            // The headers first: the app may answer before the first piece of the body is there.
            await stream.FlushAsync(cancellationToken);
            var total = 0L;
            while (await body.ReadAsync(piece, cancellationToken) is > 0 and var count)
            {
                total += count;
                if (total > limit)
                {
                    throw new HttpRequestException(TooLarge);
                }

                await stream.WriteAsync(piece.AsMemory(0, count), cancellationToken);
                await stream.FlushAsync(cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length ?? 0;
        return length is not null;
    }
}
