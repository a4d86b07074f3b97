using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Sidecar.Clients.Redis;

/// <summary>One argument of a command: text in UTF-8, bytes, or a number.</summary>
internal readonly struct RedisArgument
{
    private readonly string? _text;
    private readonly ReadOnlyMemory<byte> _bytes;

    private RedisArgument(string? text, ReadOnlyMemory<byte> bytes) => (_text, _bytes) = (text, bytes);

    public int Length => _text is null ? _bytes.Length : Encoding.UTF8.GetByteCount(_text);

    public static implicit operator RedisArgument(string text) => new(text, default);

    public static implicit operator RedisArgument(ReadOnlyMemory<byte> bytes) => new(null, bytes);

    public static implicit operator RedisArgument(long number) =>
        new(number.ToString(System.Globalization.CultureInfo.InvariantCulture), default);

    public void CopyTo(Span<byte> target)
    {
        if (_text is null)
        {
            _bytes.Span.CopyTo(target);
        }
        else
        {
            Encoding.UTF8.GetBytes(_text, target);
        }
    }
}

/// <summary>
/// A command as it goes over the wire: an array of bulk strings, encoded once, so that it can be sent again and the
/// caller's buffers are free at once.
/// </summary>
internal sealed class RedisCommand
{
    private RedisCommand(byte[] bytes) => Bytes = bytes;

    public ReadOnlyMemory<byte> Bytes { get; }

    public static RedisCommand Of(params ReadOnlySpan<RedisArgument> arguments)
    {
        var size = HeaderLength(arguments.Length);
        foreach (ref readonly var argument in arguments)
        {
            var length = argument.Length;
            size += HeaderLength(length) + length + 2;
        }

        var bytes = GC.AllocateUninitializedArray<byte>(size);
        var at = WriteHeader(bytes, (byte)'*', arguments.Length);
        foreach (ref readonly var argument in arguments)
        {
            var length = argument.Length;
            at += WriteHeader(bytes.AsSpan(at), (byte)'$', length);
            argument.CopyTo(bytes.AsSpan(at, length));
            at += length;
            bytes[at++] = (byte)'\r';
            bytes[at++] = (byte)'\n';
        }

        return new RedisCommand(bytes);
    }

    private static int HeaderLength(int number)
    {
        var digits = 1;
        for (var rest = number; rest >= 10; rest /= 10)
        {
            digits++;
        }

        return digits + 3;
    }

    private static int WriteHeader(Span<byte> target, byte type, int number)
    {
        target[0] = type;
        Utf8Formatter.TryFormat(number, target[1..], out var written, new StandardFormat('D'));
        target[written + 1] = (byte)'\r';
        target[written + 2] = (byte)'\n';
        return written + 3;
    }
}
