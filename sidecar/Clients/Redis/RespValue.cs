using System.Globalization;
using System.Text;

namespace Sidecar.Clients.Redis;

internal enum RespKind { Null, SimpleString, Error, Integer, Bulk, Array }

/// <summary>One reply of the server (RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/).</summary>
internal readonly struct RespValue
{
    private readonly object? _content;
    private readonly long _integer;

    private RespValue(RespKind kind, object? content, long integer = 0) => (Kind, _content, _integer) = (kind, content, integer);

    public static RespValue Null { get; } = new(RespKind.Null, null);

    public RespKind Kind { get; }

    public bool IsNull => Kind == RespKind.Null;

    public bool IsError => Kind == RespKind.Error;

    /// <summary>The payload of a bulk or simple string, or an error's text; empty for other kinds.</summary>
    public ReadOnlyMemory<byte> Bytes => _content as byte[];

    /// <summary>The elements of an array; empty for other kinds.</summary>
    public IReadOnlyList<RespValue> Items => _content as RespValue[] ?? [];

    /// <summary>Integers, and strings that hold one; 0 for anything else.</summary>
    public long Integer => Kind == RespKind.Integer ? _integer
        : long.TryParse(Bytes.Span, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;

    public string Text => Kind == RespKind.Integer ? _integer.ToString(CultureInfo.InvariantCulture) : Encoding.UTF8.GetString(Bytes.Span);

    public static RespValue Simple(byte[] text) => new(RespKind.SimpleString, text);

    public static RespValue Error(byte[] text) => new(RespKind.Error, text);

    public static RespValue Of(long integer) => new(RespKind.Integer, null, integer);

    public static RespValue Bulk(byte[] bytes) => new(RespKind.Bulk, bytes);

    public static RespValue Array(RespValue[] items) => new(RespKind.Array, items);

    /// <summary>True for an error whose first word is this code, such as NOSCRIPT.</summary>
    public bool IsErrorOf(string code)
    {
        if (!IsError)
        {
            return false;
        }

        var text = Bytes.Span;
        var end = text.IndexOf((byte)' ');
        return Ascii.Equals(end < 0 ? text : text[..end], code);
    }
}
