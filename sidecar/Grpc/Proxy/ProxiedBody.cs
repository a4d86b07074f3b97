using System.Buffers;
using System.IO.Pipelines;
using System.Net;

namespace Sidecar.Grpc.Proxy;

/// <summary>The client's side of a proxied call: its messages as they come, each piece flushed.</summary>
internal sealed class ProxiedBody(PipeReader client, FrameGauge gauge) : HttpContent
{
    /// <summary>Once a byte was asked for, the call cannot be made a second time.</summary>
    public bool WasRead { get; private set; }

    /// <summary>What was wrong with what the client sent; the answer may fail first, for a reason that says less.</summary>
    public GrpcException? Fault { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        WasRead = true;

        // The headers first: in a bidirectional call the server may be the first to speak.
        await stream.FlushAsync(cancellationToken);
        while (true)
        {
            var read = await client.ReadAsync(cancellationToken);
            try
            {
                foreach (var piece in read.Buffer)
                {
                    Watch(piece.Span);
                    await stream.WriteAsync(piece, cancellationToken);
                }
            }
            finally
            {
                client.AdvanceTo(read.Buffer.End);
            }

            if (read.IsCompleted)
            {
                if (!gauge.IsBetweenMessages)
                {
                    Fault = new GrpcException(GrpcStatusCode.Internal, "the stream ends in the middle of a message");
                    throw Fault;
                }

                return;
            }

            await stream.FlushAsync(cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private void Watch(ReadOnlySpan<byte> bytes)
    {
        try
        {
            gauge.Feed(bytes);
        }
        catch (GrpcException fault)
        {
            Fault = fault;
            throw;
        }
    }
}
