using System.Text.Json;
using DaprShop.ServiceDefaults.Json;
using Microsoft.AspNetCore.Http;

namespace DaprShop.ServiceDefaults.Events;

/// <summary>
/// What the sidecar sends to the route of a subscription: one event, or with <c>bulkSubscribe</c> several that went the same way. The same
/// endpoint takes both, so that only the subscription says which it is.
/// </summary>
public sealed class Delivery
{
    /// <summary>
    /// What the route of a bulk subscription must take: as many events as components/*/subscriptions.yaml gathers, each as long as a sidecar takes
    /// (<c>--max-body-size</c>, 4 MiB). A route that takes less refuses the good events together with a long one.
    /// </summary>
    public const int MaxBatchBytes = 100 * 4 * 1024 * 1024;

    private const string BatchType = "com.dapr.event.sent.bulk";

    /// <summary>As deep as daprd reads: one entry that is nested too deeply must not make its whole batch unreadable.</summary>
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 10_100 };

    private readonly bool _isBatch;

    private Delivery(bool isBatch, IReadOnlyList<DeliveredEvent> events) => (_isBatch, Events) = (isBatch, events);

    /// <summary>In the broker's order.</summary>
    public IReadOnlyList<DeliveredEvent> Events { get; }

    public static async Task<Delivery> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            // The elements live on in the events, so the document is left to the collector.
            var document = await JsonDocument.ParseAsync(request.Body, Deep, cancellationToken);
            return Entries(document.RootElement) is { } entries
                ? new Delivery(isBatch: true, entries)
                : new Delivery(isBatch: false, [DeliveredEvent.Alone(document.RootElement)]);
        }
        catch (JsonException)
        {
            return new Delivery(isBatch: false, [DeliveredEvent.Alone(cloudEvent: null)]);
        }
    }

    /// <summary>What became of each event, as daprd wants to be told.</summary>
    public IResult Answer() => _isBatch
        ? TypedResults.Ok(new { statuses = Events.Select(one => new { entryId = one.EntryId, status = Text(one.Status) }) })
        : TypedResults.Ok(new { status = Text(Events[0].Status) });

    /// <returns>Null: it is no batch.</returns>
    private static List<DeliveredEvent>? Entries(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String || !type.ValueEquals(BatchType)
            || !root.TryGetProperty("entries", out var entries) || entries.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        // An entry without an id cannot be answered; the sidecar takes that for "again".
        return
        [
            .. from entry in entries.EnumerateArray()
               where entry.ValueKind == JsonValueKind.Object
               let id = entry.TryGetProperty("entryId", out var id) ? id.TextOrNull() : null
               where id is not null
               select DeliveredEvent.InBatch(id, entry),
        ];
    }

    private static string Text(DeliveryStatus status) => status switch
    {
        DeliveryStatus.Success or DeliveryStatus.Duplicate => "SUCCESS",
        DeliveryStatus.Drop => "DROP",
        _ => "RETRY",
    };
}
