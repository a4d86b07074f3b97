using System.Buffers.Binary;
using Google.Protobuf;

namespace Dapr.Workflow.Grpc;

/// <summary>Length-prefixed messages: one flag byte, four bytes of length (big-endian), the message.</summary>
internal static class GrpcFrames
{
    public const int HeaderLength = 5;

    public static byte[] Write(IMessage message)
    {
        var length = message.CalculateSize();
        var frame = new byte[HeaderLength + length];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)length);
        message.WriteTo(frame.AsSpan(HeaderLength));
        return frame;
    }

    /// <summary>The next message's bytes; null at the end of the stream.</summary>
    public static async ValueTask<byte[]?> ReadAsync(Stream stream, int maxLength, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderLength];
        var read = await stream.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
        {
            return null;
        }

        if (read < HeaderLength)
        {
            throw new GrpcCallException(GrpcStatus.Internal, "The reply ended inside a message header.");
        }

        if (header[0] != 0)
        {
            // Nothing was offered in grpc-accept-encoding, so a compressed message breaks the protocol.
            throw new GrpcCallException(GrpcStatus.Internal, "The reply is compressed, although no compression was offered.");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1));
        if (length > maxLength)
        {
            throw new GrpcCallException(
                GrpcStatus.ResourceExhausted, $"A message of {length} bytes exceeds the limit of {maxLength} bytes.");
        }

        var message = new byte[length];
        if (await stream.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, cancellationToken) < message.Length)
        {
            throw new GrpcCallException(GrpcStatus.Internal, "The reply ended inside a message.");
        }

        return message;
    }
}
