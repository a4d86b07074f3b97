using DaprShop.ServiceDefaults.State;

namespace DaprShop.Catalog.Publishing;

/// <summary>
/// The finder of unpublished events: the SKUs that may have some, in one document. A SKU is entered before its product is swapped, so an
/// entry is taken out only when it is old enough for that swap to have ended.
/// </summary>
internal sealed class ProductOutbox(DocumentStore documents, TimeProvider clock)
{
    private const string Key = "products/outbox";

    // A swap gives up after five seconds; the rest is for a paused process and clocks that differ.
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    public Task AddAsync(string sku, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return documents.ChangeAsync<OutboxDocument, bool>(
            Key,
            current => Change.To(
                new OutboxDocument(new Dictionary<string, DateTimeOffset>(current?.Entered ?? new Dictionary<string, DateTimeOffset>()) { [sku] = now }),
                true),
            cancellationToken);
    }

    public async Task<IReadOnlyCollection<string>> ReadAsync(CancellationToken cancellationToken) =>
        (await documents.ReadAsync<OutboxDocument>(Key, cancellationToken))?.Entered.Keys.ToArray() ?? [];

    /// <summary>Takes out those of the SKUs, found without events, whose entry is settled.</summary>
    public Task RemoveAsync(IReadOnlyCollection<string> published, CancellationToken cancellationToken) =>
        documents.ChangeAsync<OutboxDocument, bool>(Key, current => Without(current, published, clock.GetUtcNow()), cancellationToken);

    internal static Change<OutboxDocument, bool> Without(OutboxDocument? current, IReadOnlyCollection<string> published, DateTimeOffset now)
    {
        var kept = (current?.Entered ?? new Dictionary<string, DateTimeOffset>())
            .Where(entry => !published.Contains(entry.Key) || now - entry.Value < Settled)
            .ToDictionary();
        return kept.Count == (current?.Entered.Count ?? 0)
            ? Change.None<OutboxDocument, bool>(false)
            : Change.To(new OutboxDocument(kept), true);
    }
}

internal sealed record OutboxDocument(IReadOnlyDictionary<string, DateTimeOffset> Entered);
