using Sidecar.Components.Lock;

namespace DaprShop.Tests.Wire;

internal sealed class FakeLockStore : ILockStore
{
    private readonly Dictionary<string, string> _held = new(StringComparer.Ordinal);

    public Exception? Fault { get; set; }

    /// <summary>Key in the store to owner.</summary>
    public IReadOnlyDictionary<string, string> Held => _held;

    public TimeSpan LastExpiry { get; private set; }

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<bool> TryLockAsync(string resource, string owner, TimeSpan expiry, CancellationToken cancellationToken)
    {
        LastExpiry = expiry;
        return Fault is null ? Task.FromResult(_held.TryAdd(resource, owner)) : throw Fault;
    }

    public Task<UnlockStatus> UnlockAsync(string resource, string owner, CancellationToken cancellationToken)
    {
        if (Fault is not null)
        {
            throw Fault;
        }

        if (!_held.TryGetValue(resource, out var holder))
        {
            return Task.FromResult(UnlockStatus.LockDoesNotExist);
        }

        return Task.FromResult(holder != owner ? UnlockStatus.LockBelongsToOthers : _held.Remove(resource) ? UnlockStatus.Success : UnlockStatus.InternalError);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
