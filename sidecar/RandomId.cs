using System.Security.Cryptography;

namespace Sidecar;

/// <summary>The one source of random ids (ETags, event ids); everything else derives its ids.</summary>
internal static class RandomId
{
    /// <summary>Of version 4. Not by <see cref="Guid.NewGuid"/>, which reads the kernel's random device for each.</summary>
    public static string NewUuid()
    {
        const int Version = 7;
        const int Variant = 8;
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[Version] = (byte)((bytes[Version] & 0x0F) | 0x40);
        bytes[Variant] = (byte)((bytes[Variant] & 0x3F) | 0x80);
        return new Guid(bytes).ToString();
    }
}
