namespace Sidecar.Http.Errors;

/// <summary>Health (dapr-contract.md 1.5).</summary>
internal static class HealthErrors
{
    public static readonly ApiError AppIdNotMatch = new(
        StatusCodes.Status500InternalServerError, "ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match");

    public static readonly ApiError OutboundNotReady = new(
        StatusCodes.Status500InternalServerError, "ERR_OUTBOUND_HEALTH_NOT_READY", "dapr outbound is not ready");

    public static ApiError NotReady(IReadOnlyList<string> waiting) => new(
        StatusCodes.Status500InternalServerError, "ERR_HEALTH_NOT_READY", $"dapr is not ready: [{string.Join(' ', waiting)}]");
}
