using System.Buffers.Binary;

namespace DaprShop.TestKit.Servers;

/// <summary>
/// Another port behind each "127.0.0.1" of one direction of a connection, wherever the packets were cut. The form is Kafka's: the
/// host as text, then the port in four bytes, big endian.
/// </summary>
public sealed class AddressRewrite(int from, int to)
{
    private readonly byte[] _before = Address(from);
    private readonly byte[] _after = Address(to);

    // The last bytes as they came in, and how many of them wait for the next one.
    private byte[] _seen = [];
    private int _held;

    /// <summary>
    /// What can go on. The two addresses differ in the last two bytes only, so nothing has to wait but the last but one, and
    /// only behind a beginning of the address: an answer that merely ends in a "1" is not kept from its reader.
    /// </summary>
    public byte[] Pass(ReadOnlySpan<byte> packet)
    {
        byte[] original = [.. _seen, .. packet];
        byte[] passed = [.. original];
        for (var at = 0; original.AsSpan(at).IndexOf(_before) is >= 0 and var next; at += next + _before.Length)
        {
            _after.CopyTo(passed, at + next);
        }

        var first = _seen.Length - _held;
        _held = original.AsSpan().EndsWith(_before.AsSpan(0, _before.Length - 1)) ? 1 : 0;
        _seen = original[Math.Max(0, original.Length - _before.Length + 1)..];
        return passed[first..(passed.Length - _held)];
    }

    /// <summary>What still waited when the connection ended.</summary>
    public byte[] Rest() => _seen[(_seen.Length - _held)..];

    private static byte[] Address(int port)
    {
        byte[] address = [.. "127.0.0.1"u8, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(address.AsSpan(address.Length - 4), port);
        return address;
    }
}
