namespace Sidecar.Http.Errors;

/// <summary>Workflow management (dapr-contract.md 11.1). These are all of the plain kind, without details.</summary>
internal static class WorkflowErrors
{
    public const int LongestInstanceId = 64;

    public static readonly ApiError NameMissing = BadRequest("ERR_WORKFLOW_NAME_MISSING", "workflow name is not configured");

    public static readonly ApiError EventNameMissing = BadRequest("ERR_WORKFLOW_EVENT_NAME_MISSING", "missing workflow event name");

    public static readonly ApiError InstanceIdTooLong = BadRequest(
        "ERR_INSTANCE_ID_TOO_LONG", $"workflow instance ID exceeds the max length of {LongestInstanceId} characters");

    public static ApiError InstanceIdInvalid(string instanceId) => BadRequest(
        "ERR_INSTANCE_ID_INVALID",
        $"workflow instance ID '{instanceId}' is invalid: only alphanumeric characters, dashes and underscores are allowed");

    public static ApiError AppIdInvalid(string appId) => BadRequest(
        "ERR_WORKFLOW_APP_ID_INVALID", $"workflow app ID '{appId}' is invalid: this sidecar runs the workflows of its own app only");

    public static ApiError BodyUnreadable(string reason) => BadRequest("ERR_MALFORMED_REQUEST", $"failed to read the request body: {reason}");

    public static readonly ApiError InstanceIdMissing = BadRequest("ERR_INSTANCE_ID_PROVIDED_MISSING", "no instance ID was provided");

    public static ApiError StartTimeUnreadable(string text) =>
        Failed("ERR_WORKFLOW_TIME_PARSE", $"error parsing time: '{text}' is not a time as in RFC 3339");

    public static ApiError NotFound(string instanceId) => new(
        StatusCodes.Status404NotFound, "ERR_INSTANCE_ID_NOT_FOUND", $"unable to find workflow with the provided instance ID: {instanceId}");

    public static ApiError Start(string name, string reason) => Failed("ERR_START_WORKFLOW", $"error starting workflow '{name}': {reason}");

    public static ApiError Get(string instanceId, string reason) =>
        Failed("ERR_GET_WORKFLOW", $"error while getting workflow info on instance '{instanceId}': {reason}");

    public static ApiError RaiseEvent(string instanceId, string reason) =>
        Failed("ERR_RAISE_EVENT_WORKFLOW", $"error raising event on workflow '{instanceId}': {reason}");

    public static ApiError Terminate(string instanceId, string reason) =>
        Failed("ERR_TERMINATE_WORKFLOW", $"error terminating workflow '{instanceId}': {reason}");

    public static ApiError Pause(string instanceId, string reason) =>
        Failed("ERR_PAUSE_WORKFLOW", $"error pausing workflow '{instanceId}': {reason}");

    public static ApiError Resume(string instanceId, string reason) =>
        Failed("ERR_RESUME_WORKFLOW", $"error resuming workflow '{instanceId}': {reason}");

    public static ApiError Purge(string instanceId, string reason) =>
        Failed("ERR_PURGE_WORKFLOW", $"error purging workflow '{instanceId}': {reason}");

    private static ApiError BadRequest(string code, string message) => new(StatusCodes.Status400BadRequest, code, message);

    private static ApiError Failed(string code, string message) => new(StatusCodes.Status500InternalServerError, code, message);
}
