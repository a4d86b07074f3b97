using System.Diagnostics;
using System.Text.Json;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.ServiceDefaults.Events;

/// <summary>One event of a delivery.</summary>
public sealed class DeliveredEvent
{
    /// <summary>No id of ours is near it; a longer one would only fill the store with notes.</summary>
    public const int LongestId = 200;

    private readonly JsonElement? _data;
    private readonly string? _traceParent;

    private DeliveredEvent(string? entryId, JsonElement? cloudEvent)
    {
        EntryId = entryId;
        Id = Member(cloudEvent, "id")?.TextOrNull() is { Length: <= LongestId } id ? id : null;
        _data = Member(cloudEvent, "data");
        _traceParent = entryId is null ? null : Member(cloudEvent, "traceparent")?.TextOrNull();
    }

    /// <summary>The CloudEvent's id; null when it has none, or one that nobody could have meant.</summary>
    public string? Id { get; }

    /// <summary>Until the subscriber says otherwise it was not handled.</summary>
    public DeliveryStatus Status { get; private set; }

    /// <summary>Why it was not handled.</summary>
    public string Reason { get; private set; } = "The subscriber said nothing of it.";

    /// <summary>What it is called in its batch; null for an event that came by itself.</summary>
    internal string? EntryId { get; }

    /// <summary>Handled.</summary>
    /// <param name="isNew">False: its effect was there already.</param>
    public void Done(bool isNew = true) => Status = isNew ? DeliveryStatus.Success : DeliveryStatus.Duplicate;

    /// <summary>It shall come again.</summary>
    /// <param name="reason">For the operator who finds it among the dead letters if it never gets better.</param>
    public void Retry(string reason) => (Status, Reason) = (DeliveryStatus.Retry, reason);

    /// <summary>No retry makes it good.</summary>
    /// <param name="reason">For the operator who finds it among the dead letters.</param>
    public void Drop(string reason) => (Status, Reason) = (DeliveryStatus.Drop, reason);

    /// <returns>Null when it is not such an event; then it is dropped.</returns>
    public T? ReadOrDrop<T>()
        where T : class
    {
        try
        {
            if (_data?.Deserialize<T>(ShopJson.Documents) is { } data)
            {
                return data;
            }

            Drop($"The message has no data that could be {typeof(T).Name}.");
        }
        catch (JsonException fault)
        {
            Drop($"The data are no {typeof(T).Name}: {JsonFaults.Sentence(fault)}.");
        }

        return null;
    }

    /// <summary>Goes on in the trace of the event, which is not that of the batch. Null when nobody watches, or it came by itself.</summary>
    public Activity? Follow(string name) =>
        ActivityContext.TryParse(_traceParent, traceState: null, out var publisher)
            ? ShopActivity.Source.StartActivity(name, ActivityKind.Consumer, publisher)
            : null;

    /// <param name="cloudEvent">Null: the body is not JSON.</param>
    internal static DeliveredEvent Alone(JsonElement? cloudEvent) => new(entryId: null, cloudEvent);

    /// <summary>Whatever is missing in an entry makes only that one an event nobody can read.</summary>
    internal static DeliveredEvent InBatch(string entryId, JsonElement entry) => new(entryId, Member(entry, "event"));

    private static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out var member) ? member : null;
}
