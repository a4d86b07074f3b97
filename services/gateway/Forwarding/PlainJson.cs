namespace DaprShop.Gateway.Forwarding;

/// <summary>Which bodies the gateway may look at: JSON as nearly every client sends it.</summary>
internal static class PlainJson
{
    /// <summary>Other types are refused by the service, and other character sets it must translate first.</summary>
    public static bool IsSentBy(HttpRequest request) =>
        request.ContentType is { } type
        && (type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Equals("application/json; charset=utf-8", StringComparison.OrdinalIgnoreCase));
}
