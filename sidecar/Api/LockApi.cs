using Sidecar.Components;
using Sidecar.Components.Lock;
using Sidecar.Http;
using Sidecar.Http.Errors;
using Sidecar.Metrics;

namespace Sidecar.Api;

/// <summary>Locks, whichever protocol asks for them (dapr-contract.md 8).</summary>
internal sealed class LockApi(ComponentRegistry components, StateKeys keys, ComponentCalls calls)
{
    public async Task<ApiAnswer<bool>> TryLockAsync(string store, LockRequest request, CancellationToken cancellationToken)
    {
        var error = Check(store, request, asksForExpiry: true, out var found);
        if (error is null && KeyPrefix.IsIllegal(request.ResourceId))
        {
            error = LockErrors.TryLock(SharedErrors.IllegalKeyText(request.ResourceId));
        }

        if (error is not null)
        {
            return ApiAnswer<bool>.Failed(error);
        }

        var key = keys.LockKey(found!.Spec, request.ResourceId);
        var answer = await calls.RunAsync(
            ComponentOperation.Lock("try_lock"),
            store,
            token => ((ILockStore)found.Instance).TryLockAsync(key, request.LockOwner, TimeSpan.FromSeconds(request.ExpiryInSeconds), token),
            cancellationToken);
        return answer.Fault is { } fault ? ApiAnswer<bool>.Failed(LockErrors.TryLock(fault.Message)) : ApiAnswer<bool>.Of(answer.Value);
    }

    public async Task<ApiAnswer<UnlockStatus>> UnlockAsync(string store, LockRequest request, CancellationToken cancellationToken)
    {
        var error = Check(store, request, asksForExpiry: false, out var found);
        if (error is null && KeyPrefix.IsIllegal(request.ResourceId))
        {
            error = LockErrors.Unlock(SharedErrors.IllegalKeyText(request.ResourceId));
        }

        if (error is not null)
        {
            return ApiAnswer<UnlockStatus>.Failed(error);
        }

        var key = keys.LockKey(found!.Spec, request.ResourceId);
        var answer = await calls.RunAsync(
            ComponentOperation.Lock("unlock"), store, token => ((ILockStore)found.Instance).UnlockAsync(key, request.LockOwner, token), cancellationToken);
        return answer.Fault is { } fault
            ? ApiAnswer<UnlockStatus>.Failed(LockErrors.Unlock(fault.Message))
            : ApiAnswer<UnlockStatus>.Of(answer.Value);
    }

    private ApiError? Check(string store, LockRequest request, bool asksForExpiry, out LoadedComponent? found)
    {
        found = components.Find(store);
        if (!components.HasAny<ILockStore>())
        {
            return LockErrors.NotConfigured;
        }

        if (request.ResourceId.Length == 0)
        {
            return LockErrors.ResourceEmpty(store);
        }

        if (request.LockOwner.Length == 0)
        {
            return LockErrors.OwnerEmpty(store);
        }

        if (asksForExpiry && request.ExpiryInSeconds <= 0)
        {
            return LockErrors.ExpiryNotPositive(store);
        }

        return found?.Instance is ILockStore ? null : LockErrors.NotFound(store);
    }
}
