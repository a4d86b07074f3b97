namespace DaprShop.Inventory.Stock;

/// <summary>
/// A bucket (commit rule R2): counters, the number of its newest batch and the batches whose log entry may not be written yet.
/// Always <c>Initial + Restocked + Received = Available + Reserved + Sold + Sent</c>, and no term is ever negative.
/// </summary>
/// <param name="Received">Units that came from other buckets.</param>
/// <param name="Sent">Units that went to other buckets, received there or not.</param>
/// <param name="Pull">Units asked of another bucket and not received yet.</param>
/// <param name="LastSent">What each other bucket was sent last.</param>
/// <param name="Snapshot">The batch of the newest snapshot; -1: there is none.</param>
internal sealed record StockDocument(
    string Sku,
    long Initial,
    long Restocked,
    long Available,
    long Reserved,
    long Sold,
    long Seq,
    DateTimeOffset UpdatedAt,
    IReadOnlyList<EncodedBatch> Recent,
    long Received = 0,
    long Sent = 0,
    UnitPull? Pull = null,
    IReadOnlyDictionary<string, SentUnits>? LastSent = null,
    long Snapshot = -1)
{
    /// <summary>What a bucket is before its first swap.</summary>
    public static StockDocument Unborn(StockSettings settings, int bucket) =>
        new(settings.Sku, settings.Share(bucket), 0, settings.Share(bucket), 0, 0, Seq: -1, settings.CreatedAt, []);
}

/// <summary>The receiver's word: it wants units of a donor, under a number that it never uses again.</summary>
internal sealed record UnitPull(long Number, string Donor, long Wanted);

/// <summary>The donor's answer to a receiver's pull of this number; given once, and kept until the next.</summary>
internal sealed record SentUnits(long Number, long Units);
