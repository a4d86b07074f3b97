using Sidecar.Grpc;

namespace Sidecar.Http.Errors;

/// <summary>Jobs (dapr-contract.md 9.4): the error code is the reason of the detail, as daprd has no older one.</summary>
internal static class JobErrors
{
    public static ApiError JobEmpty(string appId, string appNamespace) =>
        Of(StatusCodes.Status400BadRequest, "DAPR_SCHEDULER_EMPTY", "Job is empty", appId, appNamespace);

    public static ApiError NameEmpty(string appId, string appNamespace) =>
        Of(StatusCodes.Status400BadRequest, "DAPR_SCHEDULER_JOB_NAME_EMPTY", "Name is empty", appId, appNamespace);

    public static ApiError NameTwice(string appId, string appNamespace) =>
        Of(StatusCodes.Status400BadRequest, "DAPR_SCHEDULER_JOB_NAME", "Set the job name in the url only", appId, appNamespace);

    public static ApiError ScheduleEmpty(string appId, string appNamespace) =>
        Of(StatusCodes.Status400BadRequest, "DAPR_SCHEDULER_SCHEDULE_EMPTY", "Schedule is empty", appId, appNamespace);

    public static ApiError NotScheduled(GrpcStatusCode code, string why, string appId, string appNamespace)
    {
        var status = code switch
        {
            GrpcStatusCode.AlreadyExists => StatusCodes.Status409Conflict,
            GrpcStatusCode.InvalidArgument => StatusCodes.Status400BadRequest,
            _ => StatusCodes.Status500InternalServerError,
        };
        return Of(status, "DAPR_SCHEDULER_SCHEDULE_JOB", $"failed to schedule job due to: {Rpc(code, why)}", appId, appNamespace) with { Code = code };
    }

    public static ApiError NotGot(GrpcStatusCode code, string why, string appId, string appNamespace) => Of(
        StatusCodes.Status500InternalServerError, "DAPR_SCHEDULER_GET_JOB", $"failed to get job due to: {Rpc(code, why)}", appId, appNamespace);

    public static ApiError NotListed(string why, string appId, string appNamespace) => Of(
        StatusCodes.Status500InternalServerError, "DAPR_SCHEDULER_LIST_JOBS", $"failed to list jobs due to: {Rpc(GrpcStatusCode.Internal, why)}", appId, appNamespace);

    public static ApiError NotDeleted(string why, string appId, string appNamespace) => Of(
        StatusCodes.Status500InternalServerError, "DAPR_SCHEDULER_DELETE_JOB", $"failed to delete job due to: {Rpc(GrpcStatusCode.Internal, why)}", appId, appNamespace);

    // daprd passes on what its scheduler's client says.
    private static string Rpc(GrpcStatusCode code, string why) => $"rpc error: code = {code} desc = {why}";

    private static ApiError Of(int status, string reason, string message, string appId, string appNamespace) => new(
        status, reason, message, new ErrorInfo(reason, new Dictionary<string, string> { ["appID"] = appId, ["namespace"] = appNamespace }));
}
