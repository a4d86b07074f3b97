using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DaprShop.Contracts.Orders;

/// <summary>Writes the parts of an <see cref="OrderBatchFormat"/>.</summary>
internal readonly struct FrameWriter(ArrayBufferWriter<byte> buffer)
{
    public void Byte(byte value)
    {
        buffer.GetSpan(1)[0] = value;
        buffer.Advance(1);
    }

    public void Short(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(buffer.GetSpan(sizeof(ushort)), checked((ushort)value));
        buffer.Advance(sizeof(ushort));
    }

    /// <summary>Null is written as no text.</summary>
    public void Text(string? text)
    {
        var space = buffer.GetSpan(sizeof(ushort) + Encoding.UTF8.GetMaxByteCount(text?.Length ?? 0));
        var length = Encoding.UTF8.GetBytes(text, space[sizeof(ushort)..]);
        BinaryPrimitives.WriteUInt16BigEndian(space, checked((ushort)length));
        buffer.Advance(sizeof(ushort) + length);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(buffer.GetSpan(sizeof(int)), bytes.Length);
        buffer.Advance(sizeof(int));
        buffer.Write(bytes);
    }
}
