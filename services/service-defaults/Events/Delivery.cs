using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DaprShop.ServiceDefaults.Events;

/// <summary>
/// What the sidecar sends to the route of a subscription: one event, or with <c>bulkSubscribe</c> several that went the same way. The same
/// endpoint takes both, so that only the subscription says which it is.
/// </summary>
public sealed partial class Delivery
{
    /// <summary>
    /// What the route of a bulk subscription must take: as many events as components/*/subscriptions.yaml gathers, each as long as a sidecar takes
    /// (<c>--max-body-size</c>, 4 MiB). A route that takes less refuses the good events together with a long one.
    /// </summary>
    public const int MaxBatchBytes = 100 * 4 * 1024 * 1024;

    private const string BatchType = "com.dapr.event.sent.bulk";

    private readonly bool _isBatch;

    private Delivery(bool isBatch, IReadOnlyList<DeliveredEvent> events) => (_isBatch, Events) = (isBatch, events);

    /// <summary>In the broker's order.</summary>
    public IReadOnlyList<DeliveredEvent> Events { get; }

    public static async Task<Delivery> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            // The elements live on in the events, so the document is left to the collector.
            var document = await JsonDocument.ParseAsync(request.Body, default, cancellationToken);
            return Entries(document.RootElement) is { } entries
                ? new Delivery(isBatch: true, entries)
                : new Delivery(isBatch: false, [DeliveredEvent.Alone(document.RootElement)]);
        }
        catch (JsonException)
        {
            return new Delivery(isBatch: false, [DeliveredEvent.Alone(data: null)]);
        }
    }

    /// <summary>
    /// Handles some of the events. In a batch a failure is theirs alone: they come again, the others are answered. An event that came by itself
    /// fails its request.
    /// </summary>
    public async Task AttemptAsync(IEnumerable<DeliveredEvent> events, Func<Task<DeliveryStatus>> handle, ILogger logger)
    {
        var status = DeliveryStatus.Retry;
        try
        {
            status = await handle();
        }
#pragma warning disable CA1031 // Whatever it was, the neighbours in the batch have nothing to do with it.
        catch (Exception failure) when (_isBatch)
#pragma warning restore CA1031
        {
            LogFailed(logger, failure);
        }

        foreach (var one in events)
        {
            one.Status = status;
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
               let id = entry.TryGetProperty("entryId", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null
               where id is not null
               select DeliveredEvent.InBatch(id, entry),
        ];
    }

    private static string Text(DeliveryStatus status) => status switch
    {
        DeliveryStatus.Success => "SUCCESS",
        DeliveryStatus.Drop => "DROP",
        _ => "RETRY",
    };

    [LoggerMessage(LogLevel.Warning, "An event of a batch was not handled; it comes again")]
    private static partial void LogFailed(ILogger logger, Exception failure);
}
