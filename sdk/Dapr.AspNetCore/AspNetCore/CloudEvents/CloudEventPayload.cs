using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace Dapr.AspNetCore.CloudEvents;

/// <summary>The data of an envelope, as the body and content type that it would have had on its own.</summary>
internal sealed record CloudEventPayload(byte[] Body, string? ContentType)
{
    public const string Data = "data";
    public const string Base64Data = "data_base64";

    private const string Json = "application/json";

    /// <summary>False when the envelope is no object, has both kinds of data, or its base64 is broken.</summary>
    public static bool TryOpen(JsonElement envelope, bool keepTextAsJson, [NotNullWhen(true)] out CloudEventPayload? payload)
    {
        payload = null;
        if (envelope.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        var hasData = envelope.TryGetProperty(Data, out var data);
        if (envelope.TryGetProperty(Base64Data, out var base64))
        {
            if (hasData || base64.ValueKind != JsonValueKind.String || !base64.TryGetBytesFromBase64(out var bytes))
            {
                return false;
            }

            payload = new CloudEventPayload(bytes, TypeOfData(envelope, out _));
            return true;
        }

        if (!hasData)
        {
            payload = new CloudEventPayload([], null);
            return true;
        }

        // Text that is not JSON travels as a JSON string. Everything else is JSON, whatever its type says.
        var type = TypeOfData(envelope, out var isJson);
        var body = data.ValueKind == JsonValueKind.String && !isJson && !keepTextAsJson
            ? Encoding.UTF8.GetBytes(data.GetString()!)
            : JsonSerializer.SerializeToUtf8Bytes(data);
        payload = new CloudEventPayload(body, type);
        return true;
    }

    private static string TypeOfData(JsonElement envelope, out bool isJson)
    {
        if (envelope.TryGetProperty("datacontenttype", out var text)
            && text.ValueKind == JsonValueKind.String
            && MediaTypeHeaderValue.TryParse(text.GetString(), out var type))
        {
            isJson = type.MediaType.Equals(Json, StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase);

            // The body is written as UTF-8, whatever it was before it went into the envelope.
            type.Charset = default;
            return type.ToString();
        }

        isJson = true;
        return Json;
    }
}
