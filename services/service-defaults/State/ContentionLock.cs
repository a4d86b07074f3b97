using Dapr;
using Dapr.Client;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.ServiceDefaults.State;

/// <summary>
/// Dapr's lock API, to keep replicas from doing the same work at once. Nothing rests on it: a holder whose lease ran out while it was paused is told by
/// nobody, so whatever is done under the lock is safe beside another holder.
/// </summary>
public sealed class ContentionLock(DaprClient dapr, IdSource ids, TimeProvider clock)
{
    private const string Component = "lockstore";

    /// <summary>Dapr's client waits for ever, and the lock store has no breaker.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// One attempt. Throws <see cref="DependencyUnavailableException"/> when the lock store did not answer within 5 s; if it gave the lock all the same,
    /// the lease ends that.
    /// </summary>
    /// <param name="resource">What is locked.</param>
    /// <param name="lease">How long it is held when it is not released, in whole seconds.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>Releases the lock when it is disposed of; null: somebody else holds it.</returns>
    public async Task<IAsyncDisposable?> TryTakeAsync(string resource, TimeSpan lease, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
#pragma warning disable DAPR_DISTRIBUTEDLOCK // The lock API is alpha in Dapr; nothing rests on it here.
            var answer = await dapr.Lock(Component, resource, ids.NewId(), (int)lease.TotalSeconds, either.Token);
            return answer.Success ? new Held(dapr, answer, clock) : null;
        }
        catch (DaprException failure)
        {
            throw new DependencyUnavailableException(Component, failure);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DependencyUnavailableException(Component, failure);
        }
    }

    private sealed class Held(DaprClient dapr, TryLockResponse answer, TimeProvider clock) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            using var limit = new CancellationTokenSource(Limit, clock);
            try
            {
                await dapr.Unlock(answer.StoreName, answer.ResourceId, answer.LockOwner, limit.Token);
            }
            catch (Exception failure) when (failure is DaprException or OperationCanceledException)
            {
                // What was done under it stands; the lease ends by itself.
            }
        }
    }
#pragma warning restore DAPR_DISTRIBUTEDLOCK
}
