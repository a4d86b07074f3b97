using System.Text.Json;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Notification.Events;

/// <summary>What a subscriber answers its sidecar; anything thrown is a retry by the subscription's policy.</summary>
internal sealed record Delivery(string Status)
{
    public static Delivery Success { get; } = new("SUCCESS");

    /// <summary>On purpose: no retry makes a malformed event good. It goes to the dead-letter topic.</summary>
    public static Delivery Drop { get; } = new("DROP");

    /// <returns>Null when the body is not such an event.</returns>
    public static async Task<T?> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, ShopJson.Documents, cancellationToken);
        }
        catch (JsonException)
        {
            // The caller drops it, with a warning.
            return null;
        }
    }
}
