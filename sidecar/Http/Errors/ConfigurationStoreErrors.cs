using Sidecar.Grpc;

namespace Sidecar.Http.Errors;

/// <summary>Configuration (dapr-contract.md 9.2).</summary>
internal static class ConfigurationStoreErrors
{
    public static readonly ApiError NotConfigured = new(
        StatusCodes.Status500InternalServerError, "ERR_CONFIGURATION_STORE_NOT_CONFIGURED", "configuration stores not configured")
    {
        Code = GrpcStatusCode.FailedPrecondition,
    };

    public static readonly ApiError NoApp = new(
        StatusCodes.Status500InternalServerError,
        "ERR_APP_CHANNEL_NIL",
        "app channel is not initialized. cannot subscribe to configuration updates");

    public static ApiError NotFound(string store) => new(
        StatusCodes.Status400BadRequest, "ERR_CONFIGURATION_STORE_NOT_FOUND", $"configuration store {store} not found");

    public static ApiError Get(IEnumerable<string> keys, string store, string why) => new(
        StatusCodes.Status500InternalServerError,
        "ERR_CONFIGURATION_GET",
        $"failed to get [{string.Join(' ', keys)}] from Configuration store {store}: {why}");

    public static ApiError Subscribe(IEnumerable<string> keys, string store, string why) => new(
        StatusCodes.Status500InternalServerError,
        "ERR_CONFIGURATION_SUBSCRIBE",
        $"failed to subscribe [{string.Join(' ', keys)}] from Configuration store {store}: {why}")
    {
        Code = GrpcStatusCode.InvalidArgument,
    };

    /// <summary>Answered in the body's own form, which has no error code.</summary>
    public static string UnsubscribeText(string id) =>
        $"failed to unsubscribe to configuration request {id}: subscription with id {id} does not exist";

    /// <summary>The gRPC API's words for the same.</summary>
    public static string UnsubscribeStreamText(string id) =>
        $"failed to unsubscribe to configuration request {id}: subscription does not exist";
}
