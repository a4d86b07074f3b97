namespace Sidecar.PubSub.Publishing;

/// <summary>What a content type means for the event's data; parameters such as charset are ignored, as daprd does.</summary>
internal static class MediaType
{
    public static bool IsCloudEvent(string? contentType) => Is(contentType, CloudEventAttributes.ContentType);

    public static bool IsJson(string? contentType) => Is(contentType, "application/json");

    public static bool IsBinary(string? contentType) =>
        Is(contentType, "application/octet-stream") || Is(contentType, "application/cloudevents+protobuf");

    public static bool HasJsonSuffix(string? contentType) => Essence(contentType).EndsWith("+json", StringComparison.OrdinalIgnoreCase);

    public static bool IsText(string? contentType) =>
        Essence(contentType).StartsWith("text/", StringComparison.OrdinalIgnoreCase) || Is(contentType, "application/xml");

    private static bool Is(string? contentType, string expected) =>
        Essence(contentType).Equals(expected, StringComparison.OrdinalIgnoreCase);

    private static ReadOnlySpan<char> Essence(string? contentType)
    {
        var type = contentType.AsSpan();
        var parameters = type.IndexOf(';');
        return (parameters < 0 ? type : type[..parameters]).Trim();
    }
}
