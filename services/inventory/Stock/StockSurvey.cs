using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>The documents of some buckets, read one after the other.</summary>
internal sealed record StockSurvey(IReadOnlyList<(BucketId Id, StockDocument Document)> Buckets)
{
    private const int MaxLooks = 50;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public long Available => Buckets.Sum(bucket => bucket.Document.Available);

    public IEnumerable<(BucketId Receiver, UnitPull Pull)> OpenPulls =>
        from bucket in Buckets
        where bucket.Document.Pull is not null
        select (bucket.Id, bucket.Document.Pull);

    public static async Task<StockSurvey> ReadAsync(
        DocumentStore documents, IReadOnlyCollection<StockSettings> pools, CancellationToken cancellationToken)
    {
        var ids = pools.SelectMany(pool => pool.BucketIds, (pool, id) => (Pool: pool, Id: id)).ToList();
        var found = ids.Count == 1
            ? new Dictionary<string, StockDocument>()
            : await documents.ReadManyAsync<StockDocument>([.. ids.Select(bucket => StockKeys.Bucket(bucket.Id))], cancellationToken);
        var buckets = new List<(BucketId, StockDocument)>(ids.Count);
        foreach (var (pool, id) in ids)
        {
            // What a bulk read leaves out may be there all the same.
            var document = found.GetValueOrDefault(StockKeys.Bucket(id))
                ?? await documents.ReadAsync<StockDocument>(StockKeys.Bucket(id), cancellationToken)
                ?? StockDocument.Unborn(pool, id.Number);
            buckets.Add((id, document));
        }

        return new StockSurvey(buckets);
    }

    /// <summary>
    /// Looks until no unit moved between these buckets from one look to the next: then the first look shows them as they were together at one
    /// moment, as far as transfers go. Throws <see cref="DependencyUnavailableException"/> when they do not come to rest.
    /// </summary>
    public static async Task<StockSurvey> ReadAtRestAsync(
        DocumentStore documents, IReadOnlyCollection<StockSettings> pools, TimeProvider clock, CancellationToken cancellationToken)
    {
        var survey = await ReadAsync(documents, pools, cancellationToken);
        for (var look = 0; survey.Buckets.Count > 1; look++)
        {
            var next = await ReadAsync(documents, pools, cancellationToken);
            if (survey.MovedAs(next))
            {
                break;
            }

            if (look == MaxLooks)
            {
                throw new DependencyUnavailableException($"stock of {survey.Buckets[0].Document.Sku} (units keep moving between its buckets)");
            }

            survey = next;
            await Task.Delay(Pause, clock, cancellationToken);
        }

        return survey;
    }

    /// <summary>True: there was a moment at which no bucket of the pool had a unit and none was asked for.</summary>
    public static async Task<bool> IsSoldOutAsync(DocumentStore documents, StockSettings pool, CancellationToken cancellationToken)
    {
        var survey = await ReadAsync(documents, [pool], cancellationToken);
        if (survey.Available > 0 || survey.OpenPulls.Any())
        {
            return false;
        }

        // A lone document has no other half that could have moved meanwhile.
        if (pool.Buckets == 1)
        {
            return true;
        }

        var again = await ReadAsync(documents, [pool], cancellationToken);
        return again.Available == 0 && survey.MovedAs(again);
    }

    /// <summary>True: no unit left or reached a bucket, and no pull was opened, between this look and the other.</summary>
    public bool MovedAs(StockSurvey other) => Buckets.Zip(other.Buckets).All(pair =>
        (pair.First.Document.Sent, pair.First.Document.Received, pair.First.Document.Pull)
        == (pair.Second.Document.Sent, pair.Second.Document.Received, pair.Second.Document.Pull));

    /// <summary>Units that one of these buckets sent to this one and that are not in it yet.</summary>
    public long UnderWayTo(BucketId receiver)
    {
        if (Document(receiver).Pull is not { } pull)
        {
            return 0;
        }

        var donor = BucketId.Parse(pull.Donor);
        var sent = Buckets.FirstOrDefault(bucket => bucket.Id == donor).Document?.LastSent?.GetValueOrDefault(receiver.ToString());
        return sent?.Number == pull.Number ? sent.Units : 0;
    }

    public StockDocument Document(BucketId id) => Buckets.First(bucket => bucket.Id == id).Document;
}
