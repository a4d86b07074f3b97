namespace DaprShop.Inventory.Stock;

/// <summary>
/// Moves units from one bucket to another by three swaps, any of which may be repeated by anybody: the receiver opens a pull under a fresh
/// number, the donor answers that number once, the receiver takes the answer once and so closes the pull. Nothing is created or lost
/// between them: units that were sent and not received are found by the receiver's open pull.
/// </summary>
internal sealed class UnitTransfers(StockPools pools)
{
    /// <param name="wanted">From the receiver's ledger, in the swap that opens the pull; not positive: none are wanted.</param>
    /// <returns>Units that came; perhaps those of a pull that was open already, whose donor may be another.</returns>
    public async Task<long> PullAsync(BucketId receiver, BucketId donor, Func<StockLedger, long> wanted, CancellationToken cancellationToken)
    {
        var bucket = (await pools.RequireAsync(receiver.Pool, cancellationToken)).Bucket(receiver);
        var pull = await bucket.DecideAsync(
            (stock, now) => StockDecisions.StartPull(stock, donor, wanted(stock), now), cancellationToken);
        return pull is null ? 0 : await FinishAsync(receiver, pull, cancellationToken);
    }

    /// <summary>Brings an open pull to its end, whoever opened it.</summary>
    /// <returns>Units that came by this call.</returns>
    public async Task<long> FinishAsync(BucketId receiver, UnitPull pull, CancellationToken cancellationToken)
    {
        var donor = BucketId.Parse(pull.Donor);
        var from = (await pools.RequireAsync(donor.Pool, cancellationToken)).Bucket(donor);
        var to = await pools.RequireAsync(receiver.Pool, cancellationToken);
        var fromSku = to.Settings.Sale is not null && donor.Pool == to.Settings.Sku;
        if (fromSku)
        {
            // While the pull is open, and before a unit can come: who looks after this sees the pull, who looked before does not settle.
            await pools.ReopenAsync(to.Settings.Sale!.Id, cancellationToken);
        }

        var sent = await from.DecideAsync((stock, now) => StockDecisions.Send(stock, receiver, pull, now), cancellationToken);
        if (sent is not { } units)
        {
            return 0;
        }

        return await to.Bucket(receiver).DecideAsync(
            (stock, now) => StockDecisions.Receive(stock, pull, units, fromSku, now), cancellationToken);
    }
}
