using Dapr;
using Dapr.Client;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Inventory.Stock;

/// <summary>
/// The lock API around a bucket's swaps. It only sheds contention between replicas: a holder whose lease ran out while it was
/// paused loses its swap like anybody else.
/// </summary>
internal sealed class BucketLock(BucketId bucket, DaprClient dapr, IdSource ids, TimeProvider clock)
{
    private const string LockStore = "lockstore";
    private const int LeaseSeconds = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Throws <see cref="DependencyUnavailableException"/> when others hold it for longer than a caller waits.</summary>
    public async Task<IAsyncDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var owner = ids.NewId();
        while (clock.GetElapsedTime(started) < Patience)
        {
            if (await TryAsync(owner, cancellationToken) is { } held)
            {
                return held;
            }

            // Spread by the owner's id, which is random.
            var jitter = IdSource.Jitter(owner, 8);
            await Task.Delay(TimeSpan.FromMilliseconds(2 + jitter), clock, cancellationToken);
        }

        throw new DependencyUnavailableException($"lock of stock {bucket}");
    }

    private async Task<IAsyncDisposable?> TryAsync(string owner, CancellationToken cancellationToken)
    {
        try
        {
#pragma warning disable DAPR_DISTRIBUTEDLOCK // The lock API is alpha in Dapr; nothing rests on it here.
            var held = await dapr.Lock(LockStore, $"stock/{bucket}", owner, LeaseSeconds, cancellationToken);
            return held.Success ? new Held(held) : null;
        }
        catch (DaprException failure)
        {
            throw new DependencyUnavailableException(LockStore, failure);
        }
    }

    private sealed class Held(TryLockResponse held) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await held.DisposeAsync();
            }
            catch (DaprException)
            {
                // What was decided stands; the lease ends by itself.
            }
        }
    }
#pragma warning restore DAPR_DISTRIBUTEDLOCK
}
