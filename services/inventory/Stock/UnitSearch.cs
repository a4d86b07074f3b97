using DaprShop.ServiceDefaults.Batching;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>
/// Fetches units for a bucket that is short from the other buckets of its pool, for all who wait at once. Only one search of a pool runs
/// in a replica, so that its buckets do not take the same units from each other in turns.
/// </summary>
internal sealed class UnitSearch : IAsyncDisposable
{
    private const int MaxWaiting = 8192;
    private const int MaxRounds = 20;

    private readonly StockPool _pool;
    private readonly UnitTransfers _transfers;
    private readonly DocumentStore _documents;
    private readonly NaturalBatches<Request> _batches;

    public UnitSearch(StockPool pool, UnitTransfers transfers, DocumentStore documents)
    {
        (_pool, _transfers, _documents) = (pool, transfers, documents);
        _batches = new NaturalBatches<Request>(
            MaxWaiting, MaxWaiting, SearchAsync, request => request.Fail(new DependencyUnavailableException("inventory (stopping)")));
    }

    /// <returns>
    /// True: the units are in the bucket, or were a moment ago. False: all buckets together have fewer and none are under way.
    /// </returns>
    public async Task<bool> FetchAsync(BucketId bucket, int quantity, CancellationToken cancellationToken)
    {
        if (_pool.Settings is { Buckets: 1, Sale: null })
        {
            return false;
        }

        var request = new Request(bucket, quantity);
        return _batches.TryAdd(request)
            ? await Detached.WaitAsync(request.Found, cancellationToken)
            : throw new OverloadedException($"stock of {bucket}");
    }

    public ValueTask DisposeAsync() => _batches.DisposeAsync();

    private async Task SearchAsync(IReadOnlyList<Request> batch, CancellationToken cancellationToken)
    {
        foreach (var group in batch.GroupBy(request => request.Bucket))
        {
            try
            {
                await SearchAsync(group.Key, [.. group], cancellationToken);
            }
#pragma warning disable CA1031 // One bucket that cannot be reached must not end the loop that all later searches wait for.
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                foreach (var request in group)
                {
                    request.Fail(failure);
                }
            }
        }
    }

    private async Task SearchAsync(BucketId receiver, List<Request> waiting, CancellationToken cancellationToken)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var survey = await LookAsync(cancellationToken);
            var open = survey.OpenPulls.ToList();
            foreach (var (bucket, pull) in open)
            {
                await _transfers.FinishAsync(bucket, pull, cancellationToken);
            }

            if (open.Count > 0)
            {
                continue;
            }

            if (waiting.Exists(request => request.Quantity > survey.Available))
            {
                // Two looks between which nothing moved: at that moment there really were so few.
                var again = await LookAsync(cancellationToken);
                if (!survey.MovedAs(again))
                {
                    continue;
                }

                var most = Math.Max(survey.Available, again.Available);
                waiting.FindAll(request => request.Quantity > most).ForEach(request => request.Settle(found: false));
                waiting.RemoveAll(request => request.Quantity > most);
            }

            await GatherAsync(receiver, survey, Math.Min(waiting.Sum(request => (long)request.Quantity), survey.Available), cancellationToken);
            break;
        }

        waiting.ForEach(request => request.Settle(found: true));
    }

    private async Task GatherAsync(BucketId receiver, StockSurvey survey, long needed, CancellationToken cancellationToken)
    {
        var gathered = survey.Document(receiver).Available;
        foreach (var (donor, document) in survey.Buckets.OrderByDescending(bucket => bucket.Document.Available))
        {
            if (gathered >= needed || document.Available == 0)
            {
                return;
            }

            if (donor != receiver)
            {
                // Half of what the donor has: the next buyer of this bucket need not ask again, nor the donor's next.
                var wanted = Math.Max(needed - gathered, document.Available / 2);
                gathered += await _transfers.PullAsync(receiver, donor, _ => wanted, cancellationToken);
            }
        }
    }

    private Task<StockSurvey> LookAsync(CancellationToken cancellationToken) =>
        StockSurvey.ReadAsync(_documents, [_pool.Settings], cancellationToken);

    private sealed class Request(BucketId bucket, int quantity)
    {
        private readonly TaskCompletionSource<bool> _found = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public BucketId Bucket => bucket;

        public int Quantity => quantity;

        public Task<bool> Found => _found.Task;

        public void Settle(bool found) => _found.TrySetResult(found);

        public void Fail(Exception failure) => _found.TrySetException(failure);
    }
}
