using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>A ledger at one batch: whoever loads a bucket begins here and reads the log from there on.</summary>
internal sealed record StockSnapshot(
    long Initial,
    long Restocked,
    long Available,
    long Reserved,
    long Sold,
    long Received,
    long Sent,
    long FromSku,
    UnitPull? Pull,
    long LastPull,
    IReadOnlyList<UnitsRestocked> Restocks,
    IReadOnlyDictionary<string, SentUnits> LastSent,
    IReadOnlyList<Reservation> Reservations);

/// <summary>
/// Snapshots of a bucket's ledger in the store (commit rule R1: a batch's number fixes every byte, so all is put in order). The reservations lie
/// in pages; the head is written after them.
/// </summary>
internal sealed class StockSnapshots(BucketId bucket, DocumentStore documents)
{
    private const int PageSize = 200;

    public async Task WriteAsync(long n, StockSnapshot snapshot, CancellationToken cancellationToken)
    {
        var pages = snapshot.Reservations.OrderBy(reservation => reservation.Id, StringComparer.Ordinal).Chunk(PageSize).ToList();
        for (var page = 0; page < pages.Count; page++)
        {
            await documents.WriteOnceAsync(StockKeys.SnapshotPage(bucket, n, page), new Page(pages[page]), cancellationToken);
        }

        var ledger = snapshot with
        {
            Restocks = [.. snapshot.Restocks.OrderBy(restock => restock.RequestId, StringComparer.Ordinal)],
            LastSent = new SortedDictionary<string, SentUnits>(snapshot.LastSent.ToDictionary(), StringComparer.Ordinal),
            Reservations = [],
        };
        await documents.WriteOnceAsync(StockKeys.Snapshot(bucket, n), new Head(ledger, pages.Count), cancellationToken);
    }

    /// <summary>Throws <see cref="DependencyUnavailableException"/> when a part of it cannot be read.</summary>
    public async Task<StockSnapshot> ReadAsync(long n, CancellationToken cancellationToken)
    {
        var head = await documents.ReadOnceAsync<Head>(StockKeys.Snapshot(bucket, n), cancellationToken) ?? throw Missing(n);
        var reservations = new List<Reservation>(head.Pages * PageSize);
        for (var page = 0; page < head.Pages; page++)
        {
            var read = await documents.ReadOnceAsync<Page>(StockKeys.SnapshotPage(bucket, n, page), cancellationToken) ?? throw Missing(n);
            reservations.AddRange(read.Reservations);
        }

        return head.Ledger with { Reservations = reservations };
    }

    private DependencyUnavailableException Missing(long n) => new($"stock of {bucket}: snapshot {n} is not whole");

    private sealed record Head(StockSnapshot Ledger, int Pages);

    private sealed record Page(IReadOnlyList<Reservation> Reservations);
}
