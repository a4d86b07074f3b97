using System.Buffers;
using System.Buffers.Text;

namespace Sidecar.Clients.Redis;

/// <summary>The server's bytes are no RESP: nothing after them can be trusted.</summary>
internal sealed class RespFormatException(string message) : Exception(message);

/// <summary>
/// Reads replies from bytes as they come, in any portions. What was read of an unfinished reply is kept, so that a
/// large nested one is not read again from its start with every packet. Lengths are believed only as their bytes arrive.
/// </summary>
internal sealed class RespReader
{
    // The server's own limit (proto-max-bulk-len), and more nesting than any command answers with.
    private const int LongestBulk = 512 << 20;
    private const int LongestLine = 1 << 20;
    private const int DeepestArray = 16;
    private const int FirstBulkBuffer = 64 << 10;

    private readonly Stack<UnfinishedArray> _arrays = new();
    private readonly ArrayBufferWriter<byte> _line = new();
    private byte[]? _bulk;
    private int _bulkLength;
    private int _bulkFilled;

    /// <summary>Adds every reply that the input completes. Throws <see cref="RespFormatException"/>.</summary>
    public void Read(ReadOnlySpan<byte> input, ICollection<RespValue> replies)
    {
        while (!input.IsEmpty)
        {
            input = _bulk is null ? ReadLine(input, replies) : ReadBulk(input, replies);
        }
    }

    private ReadOnlySpan<byte> ReadLine(ReadOnlySpan<byte> input, ICollection<RespValue> replies)
    {
        var end = input.IndexOf((byte)'\n');
        if (_line.WrittenCount + (end < 0 ? input.Length : end) > LongestLine)
        {
            throw new RespFormatException("a line of a reply does not end");
        }

        if (end < 0)
        {
            _line.Write(input);
            return [];
        }

        if (_line.WrittenCount == 0)
        {
            Begin(input[..end], replies);
        }
        else
        {
            _line.Write(input[..end]);
            Begin(_line.WrittenSpan, replies);
            _line.ResetWrittenCount();
        }

        return input[(end + 1)..];
    }

    private void Begin(ReadOnlySpan<byte> line, ICollection<RespValue> replies)
    {
        if (line.Length < 2 || line[^1] != '\r')
        {
            throw new RespFormatException("a line of a reply has no type or no proper end");
        }

        var content = line[1..^1];
        switch (line[0])
        {
            case (byte)'+':
                Complete(RespValue.Simple(content.ToArray()), replies);
                break;
            case (byte)'-':
                Complete(RespValue.Error(content.ToArray()), replies);
                break;
            case (byte)':':
                Complete(RespValue.Of(Number(content, long.MinValue, long.MaxValue)), replies);
                break;
            case (byte)'$':
                BeginBulk((int)Number(content, -1, LongestBulk), replies);
                break;
            case (byte)'*':
                BeginArray((int)Number(content, -1, int.MaxValue), replies);
                break;
            default:
                throw new RespFormatException($"a reply has the unknown type 0x{line[0]:X2}");
        }
    }

    private void BeginBulk(int length, ICollection<RespValue> replies)
    {
        if (length < 0)
        {
            Complete(RespValue.Null, replies);
            return;
        }

        (_bulkLength, _bulkFilled) = (length, 0);
        _bulk = GC.AllocateUninitializedArray<byte>(Math.Min(length + 2, FirstBulkBuffer));
    }

    private void BeginArray(int count, ICollection<RespValue> replies)
    {
        if (count <= 0)
        {
            Complete(count < 0 ? RespValue.Null : RespValue.Array([]), replies);
            return;
        }

        if (_arrays.Count == DeepestArray)
        {
            throw new RespFormatException($"a reply is nested deeper than {DeepestArray} arrays");
        }

        _arrays.Push(new UnfinishedArray(count));
    }

    private ReadOnlySpan<byte> ReadBulk(ReadOnlySpan<byte> input, ICollection<RespValue> replies)
    {
        var wanted = _bulkLength + 2;
        var taken = Math.Min(wanted - _bulkFilled, input.Length);
        if (_bulkFilled + taken > _bulk!.Length)
        {
            Array.Resize(ref _bulk, Math.Min(wanted, Math.Max(_bulkFilled + taken, _bulk.Length * 2)));
        }

        input[..taken].CopyTo(_bulk.AsSpan(_bulkFilled));
        _bulkFilled += taken;
        if (_bulkFilled == wanted)
        {
            if (_bulk[^2] != '\r' || _bulk[^1] != '\n')
            {
                throw new RespFormatException("a bulk string does not end where its length says");
            }

            var bytes = _bulk[.._bulkLength];
            _bulk = null;
            Complete(RespValue.Bulk(bytes), replies);
        }

        return input[taken..];
    }

    private void Complete(RespValue value, ICollection<RespValue> replies)
    {
        while (_arrays.TryPeek(out var array))
        {
            array.Items.Add(value);
            if (array.Items.Count < array.Count)
            {
                return;
            }

            _arrays.Pop();
            value = RespValue.Array([.. array.Items]);
        }

        replies.Add(value);
    }

    private static long Number(ReadOnlySpan<byte> text, long smallest, long largest) =>
        Utf8Parser.TryParse(text, out long number, out var used) && used == text.Length && number >= smallest && number <= largest
            ? number
            : throw new RespFormatException("a number in a reply cannot be read or is out of range");

    private sealed class UnfinishedArray(int count)
    {
        public int Count { get; } = count;

        public List<RespValue> Items { get; } = new(Math.Min(count, 256));
    }
}
