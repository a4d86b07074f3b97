using Sidecar.Grpc;

namespace Sidecar.Http.Errors;

/// <summary>Distributed lock (dapr-contract.md 8).</summary>
internal static class LockErrors
{
    public static readonly ApiError NotConfigured = new(
        StatusCodes.Status500InternalServerError, "ERR_LOCK_STORE_NOT_CONFIGURED", "lock store is not configured")
    {
        Code = GrpcStatusCode.FailedPrecondition,
    };

    public static ApiError NotFound(string store) => new(
        StatusCodes.Status400BadRequest, "ERR_LOCK_STORE_NOT_FOUND", $"lock store {store} not found");

    public static ApiError ResourceEmpty(string store) => SharedErrors.Malformed($"ResourceId is empty in lock store {store}");

    public static ApiError OwnerEmpty(string store) => SharedErrors.Malformed($"LockOwner is empty in lock store {store}");

    public static ApiError ExpiryNotPositive(string store) =>
        SharedErrors.Malformed($"ExpiryInSeconds is not positive in lock store {store}");

    public static ApiError TryLock(string why) => new(
        StatusCodes.Status500InternalServerError, "ERR_TRY_LOCK", $"failed to try acquiring lock: {why}");

    public static ApiError Unlock(string why) => new(
        StatusCodes.Status500InternalServerError, "ERR_UNLOCK", $"failed to release lock: {why}");
}
