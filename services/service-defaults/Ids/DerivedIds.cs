using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DaprShop.ServiceDefaults.Ids;

/// <summary>
/// Ids that a retry derives again: UUIDv5 (RFC 9562, 5.5) over length-prefixed parts. The prefix matters: without it
/// ("a", "bc") and ("ab", "c") would name the same thing.
/// </summary>
public static class DerivedIds
{
    private static readonly Guid Shop = new("7d4f5a0e-93c1-4c0b-9a57-5a6f2b1d8e34");

    /// <summary>The order that this user's key names on this route, for ever.</summary>
    /// <param name="route">The route template with the sale id filled in, such as <c>/api/v1/orders</c>.</param>
    public static string Order(string userId, string route, string idempotencyKey) => Of("order", userId, route, idempotencyKey);

    /// <summary>The id for a meaning, such as <c>("notification", orderId, "confirmed")</c>; the first part is the kind.</summary>
    public static string Of(params ReadOnlySpan<string> parts)
    {
        var length = 0;
        foreach (var part in parts)
        {
            length += sizeof(int) + Encoding.UTF8.GetByteCount(part);
        }

        var name = new byte[length];
        var at = 0;
        foreach (var part in parts)
        {
            var written = Encoding.UTF8.GetBytes(part, name.AsSpan(at + sizeof(int)));
            BinaryPrimitives.WriteInt32BigEndian(name.AsSpan(at), written);
            at += sizeof(int) + written;
        }

        return Version5(Shop, name).ToString("D");
    }

    internal static Guid Version5(Guid space, ReadOnlySpan<byte> name)
    {
        var input = new byte[16 + name.Length];
        space.TryWriteBytes(input, bigEndian: true, out _);
        name.CopyTo(input.AsSpan(16));
#pragma warning disable CA5350 // RFC 9562 fixes SHA-1 for version 5; the id names a thing and protects nothing.
        var hash = SHA1.HashData(input);
#pragma warning restore CA5350
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true);
    }
}
