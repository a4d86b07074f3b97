using Sidecar.Actors;
using Sidecar.Grpc;

namespace Sidecar.Http.Errors;

/// <summary>Actors (dapr-contract.md 10.2). These are all of the plain kind, without details.</summary>
internal static class ActorErrors
{
    public static ApiError Reserved(string type) => new(
        StatusCodes.Status403Forbidden,
        "ERR_ACTOR_TYPE_RESERVED",
        $"actor type \"{type}\" is reserved for the Dapr workflow runtime; direct actor API access is not permitted");

    public static ApiError BadRequest(string why) => new(StatusCodes.Status400BadRequest, "ERR_BAD_REQUEST", $"invalid request: {why}");

    public static ApiError ReminderNotFound(string name) =>
        new(StatusCodes.Status404NotFound, "ERR_ACTOR_REMINDER_NOT_FOUND", $"actor reminder not found: {name}");

    public static ApiError Invoke(string why) => Failed("ERR_ACTOR_INVOKE_METHOD", $"error invoke actor method: {why}");

    public static ApiError StateGet(string why) => Failed("ERR_ACTOR_STATE_GET", $"error getting actor state: {why}");

    public static ApiError StateTransaction(string why) =>
        Failed("ERR_ACTOR_STATE_TRANSACTION_SAVE", $"error saving actor transaction state: {why}");

    public static ApiError ReminderCreate(string why) => Failed("ERR_ACTOR_REMINDER_CREATE", $"error creating actor reminder: {why}");

    public static ApiError ReminderGet(string why) => Failed("ERR_ACTOR_REMINDER_GET", $"error getting actor reminder: {why}");

    public static ApiError ReminderDelete(string why) => Failed("ERR_ACTOR_REMINDER_DELETE", $"error deleting actor reminder: {why}");

    public static ApiError TimerCreate(string why) => Failed("ERR_ACTOR_TIMER_CREATE", $"error creating actor timer: {why}");

    /// <summary>The error that a fault has in every API; <paramref name="otherwise"/> wraps those that have none of their own.</summary>
    public static ApiError Of(ActorException failure, Func<string, ApiError> otherwise) => failure.Fault switch
    {
        ActorFault.NoAddress => new(StatusCodes.Status404NotFound, "ERR_ACTOR_NO_ADDRESS", failure.Message) { Code = GrpcStatusCode.FailedPrecondition },
        ActorFault.Closed => new(StatusCodes.Status503ServiceUnavailable, "ERR_ACTOR_RUNTIME_CLOSED", failure.Message) { Code = GrpcStatusCode.Unavailable },
        ActorFault.NotConfigured => Failed("ERR_ACTOR_RUNTIME_NOT_FOUND", failure.Message),
        ActorFault.InstanceMissing => new(StatusCodes.Status400BadRequest, "ERR_ACTOR_INSTANCE_MISSING", failure.Message) { Code = GrpcStatusCode.Internal },
        ActorFault.NotHosted => new(StatusCodes.Status403Forbidden, "ERR_ACTOR_REMINDER_NON_HOSTED", failure.Message),
        ActorFault.StackDepth => Failed("ERR_ACTOR_STACK_DEPTH", failure.Message) with { Code = GrpcStatusCode.ResourceExhausted },
        ActorFault.AlreadyExists => new(StatusCodes.Status409Conflict, "ERR_ACTOR_REMINDER_ALREADY_EXISTS", failure.Message) { Code = GrpcStatusCode.AlreadyExists },
        _ => otherwise(failure.Message),
    };

    private static ApiError Failed(string code, string message) => new(StatusCodes.Status500InternalServerError, code, message);
}
