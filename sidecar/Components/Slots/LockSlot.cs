using Sidecar.Components.Lock;

namespace Sidecar.Components.Slots;

internal sealed class LockSlot(string name, ILockStore first) : ComponentSlot<ILockStore>(name, first), ILockStore
{
    public Task<bool> TryLockAsync(string resource, string owner, TimeSpan expiry, CancellationToken cancellationToken) =>
        UseAsync(store => store.TryLockAsync(resource, owner, expiry, cancellationToken));

    public Task<UnlockStatus> UnlockAsync(string resource, string owner, CancellationToken cancellationToken) =>
        UseAsync(store => store.UnlockAsync(resource, owner, cancellationToken));
}
