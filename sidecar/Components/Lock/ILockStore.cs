namespace Sidecar.Components.Lock;

internal enum UnlockStatus { Success = 0, LockDoesNotExist = 1, LockBelongsToOthers = 2, InternalError = 3 }

internal interface ILockStore : IComponent
{
    /// <summary>False when anybody holds the lock, the same owner included.</summary>
    Task<bool> TryLockAsync(string resource, string owner, TimeSpan expiry, CancellationToken cancellationToken);

    Task<UnlockStatus> UnlockAsync(string resource, string owner, CancellationToken cancellationToken);
}
