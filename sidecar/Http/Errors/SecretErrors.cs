using Sidecar.Grpc;

namespace Sidecar.Http.Errors;

/// <summary>Secrets (dapr-contract.md 9.1).</summary>
internal static class SecretErrors
{
    public static readonly ApiError NotConfigured = new(
        StatusCodes.Status500InternalServerError, "ERR_SECRET_STORES_NOT_CONFIGURED", "secret store is not configured")
    {
        Code = GrpcStatusCode.FailedPrecondition,
    };

    public static ApiError NotFound(string store) => new(
        StatusCodes.Status401Unauthorized, "ERR_SECRET_STORE_NOT_FOUND", $"failed finding secret store with key {store}")
    {
        Code = GrpcStatusCode.InvalidArgument,
    };

    public static ApiError Denied(string store, string key) => new(
        StatusCodes.Status403Forbidden, "ERR_PERMISSION_DENIED", $"access denied by policy to get \"{key}\" from \"{store}\"");

    public static ApiError Get(string store, string key, string why) => new(
        StatusCodes.Status500InternalServerError,
        "ERR_SECRET_GET",
        $"failed getting secret with key {key} from secret store {store}: {why}");

    public static ApiError BulkGet(string store, string why) => new(
        StatusCodes.Status500InternalServerError, "ERR_SECRET_GET", $"failed getting secrets from secret store {store}: {why}");
}
