using System.Globalization;
using System.Text;

namespace Sidecar.Grpc;

/// <summary>The <c>grpc-message</c> header: UTF-8, with everything but printable ASCII percent-encoded.</summary>
internal static class GrpcStatusMessage
{
    public static string Encode(string message)
    {
        if (message.All(character => character is >= ' ' and <= '~' and not '%'))
        {
            return message;
        }

        var encoded = new StringBuilder(message.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(message))
        {
            if (octet is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                encoded.Append((char)octet);
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
            }
        }

        return encoded.ToString();
    }
}
