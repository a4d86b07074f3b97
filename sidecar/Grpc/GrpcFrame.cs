using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;
using Google.Protobuf;

namespace Sidecar.Grpc;

/// <summary>One message on the wire: a flag byte (1 = compressed), its length as four bytes big-endian, the message.</summary>
internal static class GrpcFrame
{
    private const int HeaderLength = 5;

    /// <summary>The next message of one side; null when that side has sent its last one.</summary>
    /// <param name="limit">Bytes. Checked against the announced length before anything is buffered.</param>
    public static async Task<T?> ReadAsync<T>(
        PipeReader reader, MessageParser<T> parser, string? encoding, long limit, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            if (TryTake(buffer, limit, out var payload, out var compressed))
            {
                try
                {
                    return Parse(parser, payload, compressed, encoding, limit);
                }
                finally
                {
                    reader.AdvanceTo(payload.End);
                }
            }

            if (read.IsCompleted)
            {
                var cutShort = !buffer.IsEmpty;
                reader.AdvanceTo(buffer.End);
                return cutShort ? throw new GrpcException(GrpcStatusCode.Internal, "the stream ends in the middle of a message") : null;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>A message that is the whole of a side.</summary>
    public static byte[] ToArray(IMessage message)
    {
        var frame = new byte[HeaderLength + message.CalculateSize()];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)(frame.Length - HeaderLength));
        message.WriteTo(frame.AsSpan(HeaderLength));
        return frame;
    }

    /// <summary>Writes without flushing, so that several messages may share one packet.</summary>
    public static void Write(PipeWriter writer, IMessage message)
    {
        var length = message.CalculateSize();
        var header = writer.GetSpan(HeaderLength);
        header[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(header[1..], (uint)length);
        writer.Advance(HeaderLength);
        message.WriteTo(writer);
    }

    private static bool TryTake(ReadOnlySequence<byte> buffer, long limit, out ReadOnlySequence<byte> payload, out bool compressed)
    {
        payload = default;
        compressed = false;
        if (buffer.Length < HeaderLength)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[HeaderLength];
        buffer.Slice(0, HeaderLength).CopyTo(header);
        if (header[0] > 1)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"grpc: received unexpected payload format {header[0]}");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > limit)
        {
            throw TooLarge(length, limit);
        }

        if (buffer.Length < HeaderLength + length)
        {
            return false;
        }

        compressed = header[0] == 1;
        payload = buffer.Slice(HeaderLength, length);
        return true;
    }

    private static T Parse<T>(MessageParser<T> parser, ReadOnlySequence<byte> payload, bool compressed, string? encoding, long limit)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.ParseFrom(compressed ? Decompress(payload, encoding, limit) : payload);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"failed to unmarshal the received message: {error.Message}", error);
        }
        catch (InvalidDataException error)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"failed to decompress the received message: {error.Message}", error);
        }
    }

    private static ReadOnlySequence<byte> Decompress(ReadOnlySequence<byte> payload, string? encoding, long limit)
    {
        if (encoding is not "gzip")
        {
            throw new GrpcException(GrpcStatusCode.Unimplemented, $"the message encoding '{encoding}' is not supported; send gzip or identity");
        }

        using var source = new GZipStream(new MemoryStream(payload.ToArray()), CompressionMode.Decompress);
        var plain = new MemoryStream();
        var chunk = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            // A small compressed message may hold a huge one: the limit counts what comes out.
            for (var count = source.Read(chunk); count > 0; count = source.Read(chunk))
            {
                plain.Write(chunk, 0, count);
                if (plain.Length > limit)
                {
                    throw TooLarge(plain.Length, limit);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        return new ReadOnlySequence<byte>(plain.GetBuffer(), 0, (int)plain.Length);
    }

    internal static GrpcException TooLarge(long length, long limit) =>
        new(GrpcStatusCode.ResourceExhausted, $"grpc: received message larger than max ({length} vs. {limit})");
}
