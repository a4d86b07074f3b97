using System.Reflection;
using System.Text;

namespace Dapr.Actors.Communication;

/// <summary>The numbers that stand for interfaces and methods on the wire: the low half of the CRC-64 of their names.</summary>
internal static class InterfaceIds
{
    // ECMA-182, most significant bit first, all ones before and after: the variant known as CRC-64/WE.
    private const ulong Polynomial = 0x42F0E1EBA9EA3693;

    public static int Of(Type type) => Of(type.Namespace + type.Name);

    public static int Of(MethodInfo method) => Of(method.DeclaringType!.Name + method.DeclaringType.Namespace + method.Name);

    private static int Of(string name) => unchecked((int)Crc64(Encoding.UTF8.GetBytes(name)));

    internal static ulong Crc64(ReadOnlySpan<byte> bytes)
    {
        var crc = ulong.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= (ulong)value << 56;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & (1UL << 63)) == 0 ? crc << 1 : (crc << 1) ^ Polynomial;
            }
        }

        return ~crc;
    }
}
