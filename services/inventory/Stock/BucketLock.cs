using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>
/// The lock API around a bucket's swaps. It only sheds contention between replicas: a holder whose lease ran out while it was
/// paused loses its swap like anybody else.
/// </summary>
internal sealed class BucketLock(BucketId bucket, ContentionLock locks, IdSource ids, TimeProvider clock)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Throws <see cref="DependencyUnavailableException"/> when others hold it for longer than a caller waits, or nobody answers.</summary>
    public async Task<IAsyncDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (clock.GetElapsedTime(started) < Patience)
        {
            if (await locks.TryTakeAsync($"stock/{bucket}", Lease, cancellationToken) is { } held)
            {
                return held;
            }

            // Replicas spread by an id, which is random.
            var jitter = IdSource.Jitter(ids.NewId(), 8);
            await Task.Delay(TimeSpan.FromMilliseconds(2 + jitter), clock, cancellationToken);
        }

        throw new DependencyUnavailableException($"lock of stock {bucket}");
    }
}
