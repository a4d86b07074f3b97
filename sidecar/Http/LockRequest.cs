using System.Globalization;
using System.Text.Json;

namespace Sidecar.Http;

/// <summary>
/// The body of lock and unlock. daprd reads it as protobuf JSON: names in either spelling, numbers also as text, null
/// as absent, unknown members skipped (dapr-contract.md 8, 14.2).
/// </summary>
internal sealed record LockRequest(string ResourceId, string LockOwner, int ExpiryInSeconds)
{
    /// <summary>Throws <see cref="JsonException"/> or <see cref="FormatException"/> for a body that is not such a message.</summary>
    public static LockRequest Parse(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        JsonObjects.Start(ref reader);
        var (resource, owner, expiry) = ("", "", 0);
        while (JsonObjects.NextMember(ref reader, out var name))
        {
            switch (name)
            {
                case "resourceId" or "resource_id":
                    resource = JsonObjects.Text(ref reader, name) ?? "";
                    break;
                case "lockOwner" or "lock_owner":
                    owner = JsonObjects.Text(ref reader, name) ?? "";
                    break;
                case "expiryInSeconds" or "expiry_in_seconds":
                    expiry = Whole(ref reader, name);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        JsonObjects.End(ref reader);
        return new LockRequest(resource, owner, expiry);
    }

    private static int Whole(ref Utf8JsonReader reader, string name)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return 0;
            case JsonTokenType.Number when reader.TryGetDecimal(out var number) && decimal.IsInteger(number) && number is >= int.MinValue and <= int.MaxValue:
                return (int)number;
            case JsonTokenType.String when int.TryParse(JsonObjects.Text(ref reader), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number):
                return number;
            default:
                throw new FormatException($"invalid value for int32 field {name}");
        }
    }
}
