using System.Diagnostics;
using System.Text.Json;
using DaprShop.ServiceDefaults.Json;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.ServiceDefaults.Events;

/// <summary>One event of a delivery.</summary>
public sealed class DeliveredEvent
{
    private readonly JsonElement? _data;
    private readonly string? _traceParent;

    private DeliveredEvent(string? entryId, JsonElement? data, string? traceParent) => (EntryId, _data, _traceParent) = (entryId, data, traceParent);

    /// <summary>Until the subscriber says otherwise it was not handled.</summary>
    public DeliveryStatus Status { get; set; }

    /// <summary>What it is called in its batch; null for an event that came by itself.</summary>
    internal string? EntryId { get; }

    /// <returns>Null when it is not such an event.</returns>
    public T? Read<T>()
        where T : class
    {
        try
        {
            return _data?.Deserialize<T>(ShopJson.Documents);
        }
        catch (JsonException)
        {
            // The caller drops it, with a warning.
            return null;
        }
    }

    /// <summary>Goes on in the trace of the event, which is not that of the batch. Null when nobody watches, or it came by itself.</summary>
    public Activity? Follow(string name) =>
        ActivityContext.TryParse(_traceParent, traceState: null, out var publisher)
            ? ShopActivity.Source.StartActivity(name, ActivityKind.Consumer, publisher)
            : null;

    /// <param name="data">Null: the body is not JSON.</param>
    internal static DeliveredEvent Alone(JsonElement? data) => new(entryId: null, data, traceParent: null);

    /// <summary>Whatever is missing in an entry makes only that one an event nobody can read.</summary>
    internal static DeliveredEvent InBatch(string entryId, JsonElement entry)
    {
        var cloudEvent = Member(entry, "event");
        return new DeliveredEvent(entryId, Member(cloudEvent, "data"), Text(Member(cloudEvent, "traceparent")));
    }

    private static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out var member) ? member : null;

    private static string? Text(JsonElement? element) => element is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
