namespace Sidecar.PubSub.Publishing;

/// <summary>What a content type means for the event's data; parameters such as charset are ignored, as daprd does.</summary>
internal static class MediaType
{
    public static bool IsCloudEvent(string? contentType) => Is(contentType, CloudEventAttributes.ContentType);

    public static bool IsJson(string? contentType) => Is(contentType, "application/json");

    public static bool IsBinary(string? contentType) =>
        Is(contentType, "application/octet-stream") || Is(contentType, "application/cloudevents+protobuf");

    private static bool Is(string? contentType, string expected)
    {
        var type = contentType.AsSpan();
        var parameters = type.IndexOf(';');
        return (parameters < 0 ? type : type[..parameters]).Trim().Equals(expected, StringComparison.OrdinalIgnoreCase);
    }
}
