using System.Buffers.Binary;
using System.Text;

namespace DaprShop.Contracts.Orders;

/// <summary>Reads the parts of an <see cref="OrderBatchFormat"/>; throws <see cref="FormatException"/> where they end too early.</summary>
internal ref struct FrameReader(ReadOnlyMemory<byte> frame)
{
    private ReadOnlyMemory<byte> _rest = frame;

    public byte Byte() => Take(1).Span[0];

    public int Short() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort)).Span);

    /// <param name="last">What the entry before had there: the same text is not made again.</param>
    public string Text(string? last) => OptionalText(last) ?? throw new FormatException("A text of the batch is missing.");

    /// <inheritdoc cref="Text"/>
    public string? OptionalText(string? last)
    {
        var text = Take(Short()).Span;
        return text.IsEmpty ? null : last is not null && Ascii.Equals(text, last) ? last : Encoding.UTF8.GetString(text);
    }

    public ReadOnlyMemory<byte> Bytes() => Take(BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)).Span));

    public readonly void RequireEnd()
    {
        if (!_rest.IsEmpty)
        {
            throw new FormatException($"The batch has {_rest.Length} bytes too many.");
        }
    }

    private ReadOnlyMemory<byte> Take(int count)
    {
        if (count < 0 || count > _rest.Length)
        {
            throw new FormatException($"The batch ends within a part of {count} bytes.");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
