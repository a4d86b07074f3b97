using System.Text.Json;
using System.Text.Json.Nodes;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Tests;

/// <summary>What the sidecar puts around an event's data.</summary>
internal static class Envelope
{
    public const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    public static JsonObject Of(object? data, string type = "com.daprshop.order.confirmed.v1", string id = "event-1", string topic = "orders") => new()
    {
        ["specversion"] = "1.0",
        ["id"] = id,
        ["source"] = "order",
        ["type"] = type,
        ["datacontenttype"] = "application/json",
        ["topic"] = topic,
        ["pubsubname"] = "pubsub",
        ["traceparent"] = $"00-{TraceId}-b7ad6b7169203331-01",
        ["data"] = JsonSerializer.SerializeToNode(data, ShopJson.Documents),
    };

    /// <summary>Around what may be no JSON: then there is no envelope either.</summary>
    public static string Around(string text)
    {
        try
        {
            return Of(JsonNode.Parse(text)).ToJsonString();
        }
        catch (JsonException)
        {
            return text;
        }
    }

    /// <summary>Delivers an event by itself and reads what became of it.</summary>
    public static async Task<string?> DeliverAsync(this RunningService service, string path, JsonNode cloudEvent)
    {
        using var answer = await service.SendAsync(HttpMethod.Post, path, cloudEvent.ToJsonString());
        return (await answer.JsonAsync()).GetProperty("status").GetString();
    }
}
