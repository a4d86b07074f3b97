using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Sidecar.Grpc;

/// <summary>The texts that end a call.</summary>
internal static class GrpcStatusMessage
{
    /// <summary>The <c>grpc-status-details-bin</c> header: a google.rpc.Status in base64, unpadded as gRPC writers send it.</summary>
    public static string EncodeDetails(GrpcStatusCode status, string message, IReadOnlyList<IMessage> details)
    {
        var full = new Rpc.Status { Code = (int)status, Message = message };
        full.Details.AddRange(details.Select(detail => detail as Any ?? Any.Pack(detail)));
        return Convert.ToBase64String(full.ToByteArray()).TrimEnd('=');
    }

    /// <summary>The details of such a header; none when it is malformed, as the status itself says enough.</summary>
    public static IReadOnlyList<IMessage> DecodeDetails(string header)
    {
        try
        {
            return [.. Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(header.TrimEnd('=').PadRight((header.TrimEnd('=').Length + 3) / 4 * 4, '='))).Details];
        }
        catch (Exception malformed) when (malformed is FormatException or InvalidProtocolBufferException)
        {
            return [];
        }
    }

    public static string Decode(string header) => Uri.UnescapeDataString(header);

    /// <summary>The <c>grpc-message</c> header: UTF-8, with everything but printable ASCII percent-encoded.</summary>
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
