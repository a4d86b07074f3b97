using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>The log of a bucket, one document per batch (commit rule R1), enumerable with no listing.</summary>
internal sealed class StockLog(BucketId bucket, DocumentStore documents)
{
    private const int PageSize = 50;

    public Task WriteAsync(EncodedBatch batch, CancellationToken cancellationToken) =>
        documents.WriteOnceAsync(StockKeys.Batch(bucket, batch.Decode().N), batch, cancellationToken);

    /// <summary>Applies the batches between the ledger and the document.</summary>
    /// <returns>False: a batch is missing, and the ledger stands before it.</returns>
    public async Task<bool> FoldAsync(StockLedger ledger, StockDocument stored, CancellationToken cancellationToken)
    {
        // What the document still carries may be missing in the log: whoever reads it writes it (R3).
        foreach (var recent in stored.Recent)
        {
            await WriteAsync(recent, cancellationToken);
        }

        while (ledger.Seq < stored.Seq)
        {
            var first = ledger.Seq + 1;
            var count = (int)Math.Min(PageSize, stored.Seq - ledger.Seq);
            var keys = Enumerable.Range(0, count).Select(offset => StockKeys.Batch(bucket, first + offset)).ToList();
            var found = await documents.ReadManyOnceAsync<StockBatch>(keys, cancellationToken);
            foreach (var key in keys)
            {
                if ((found.GetValueOrDefault(key) ?? await documents.ReadOnceAsync<StockBatch>(key, cancellationToken)) is not { } batch)
                {
                    return false;
                }

                ledger.Apply(batch);
            }
        }

        return true;
    }
}
