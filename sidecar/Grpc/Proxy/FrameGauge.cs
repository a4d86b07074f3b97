using System.Buffers.Binary;

namespace Sidecar.Grpc.Proxy;

/// <summary>Watches the bytes of one side of a proxied call for the bounds of its messages, without keeping any of them.</summary>
internal sealed class FrameGauge(long limit)
{
    private readonly byte[] _header = new byte[5];
    private int _headerLength;
    private long _rest;

    /// <summary>Messages begun so far.</summary>
    public int Count { get; private set; }

    public bool IsBetweenMessages => _headerLength == 0 && _rest == 0;

    /// <summary>Throws <see cref="GrpcException"/> for a message that is too long or is none.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_rest > 0)
            {
                var taken = (int)Math.Min(_rest, bytes.Length);
                _rest -= taken;
                bytes = bytes[taken..];
                continue;
            }

            var missing = Math.Min(_header.Length - _headerLength, bytes.Length);
            bytes[..missing].CopyTo(_header.AsSpan(_headerLength));
            _headerLength += missing;
            bytes = bytes[missing..];
            if (_headerLength == _header.Length)
            {
                Begin();
            }
        }
    }

    private void Begin()
    {
        if (_header[0] > 1)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"grpc: received unexpected payload format {_header[0]}");
        }

        _rest = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(1));
        if (_rest > limit)
        {
            throw GrpcFrame.TooLarge(_rest, limit);
        }

        _headerLength = 0;
        Count++;
    }
}
