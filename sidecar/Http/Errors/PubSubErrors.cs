using Sidecar.Grpc;

namespace Sidecar.Http.Errors;

/// <summary>Publishing (dapr-contract.md 5.1).</summary>
internal static class PubSubErrors
{
    public static ApiError NotConfigured(string pubSub, IReadOnlyDictionary<string, string> metadata) => new(
        StatusCodes.Status400BadRequest,
        "ERR_PUBSUB_NOT_CONFIGURED",
        $"pubsub {pubSub} is not configured",
        new ErrorInfo("DAPR_PUBSUB_NOT_CONFIGURED", metadata))
    {
        Code = GrpcStatusCode.FailedPrecondition,
    };

    public static ApiError NameEmpty(IReadOnlyDictionary<string, string> metadata) => Rich(
        StatusCodes.Status404NotFound, "ERR_PUBSUB_EMPTY", "DAPR_PUBSUB_NAME_EMPTY", "pubsub name is empty", "", metadata) with
    {
        Code = GrpcStatusCode.InvalidArgument,
    };

    public static ApiError NotFound(string pubSub, IReadOnlyDictionary<string, string> metadata) => new(
        StatusCodes.Status404NotFound,
        "ERR_PUBSUB_NOT_FOUND",
        $"pubsub {pubSub} is not found",
        new ErrorInfo("DAPR_PUBSUB_NOT_FOUND", metadata))
    {
        Code = GrpcStatusCode.InvalidArgument,
    };

    public static ApiError TopicEmpty(string pubSub, IReadOnlyDictionary<string, string> metadata) => Rich(
        StatusCodes.Status404NotFound,
        "ERR_TOPIC_NAME_EMPTY",
        "DAPR_PUBSUB_TOPIC_NAME_EMPTY",
        $"topic is empty in pubsub {pubSub}",
        pubSub,
        metadata) with
    {
        Code = GrpcStatusCode.InvalidArgument,
    };

    public static ApiError Metadata(string pubSub, string why, IReadOnlyDictionary<string, string> metadata) => Rich(
        StatusCodes.Status400BadRequest,
        "ERR_PUBSUB_REQUEST_METADATA",
        "DAPR_PUBSUB_METADATA_DESERIALIZATION",
        $"failed deserializing metadata. Error: {why}",
        pubSub,
        metadata);

    public static ApiError BodyRead(string why) =>
        new(StatusCodes.Status400BadRequest, "ERR_BODY_READ", $"failed to read request body: {why}");

    public static ApiError NoCloudEvent(string pubSub, string appId, string why) => Rich(
        StatusCodes.Status500InternalServerError,
        "ERR_PUBSUB_CLOUD_EVENTS_SER",
        "DAPR_PUBSUB_CLOUD_EVENT_CREATION",
        "cannot create cloudevent",
        pubSub,
        OfApp(appId, why)) with
    {
        Code = GrpcStatusCode.InvalidArgument,
    };

    /// <summary>An entry of a bulk publish is not as it must be.</summary>
    public static ApiError EventsNotMarshalled(string pubSub, string topic, string appId, string why) => new(
        StatusCodes.Status400BadRequest,
        "ERR_PUBSUB_EVENTS_SER",
        $"error marshaling events to bytes for topic {topic} pubsub {pubSub}. error: {why}",
        new ErrorInfo("DAPR_PUBSUB_MARSHAL_EVENTS", OfApp(appId, why)),
        new ResourceInfo("pubsub", pubSub, $"error marshaling events to bytes for topic {topic} pubsub {pubSub}"));

    /// <summary>The body of a bulk publish is no list of entries.</summary>
    public static ApiError EventsUnreadable(string pubSub, string topic, string appId, string why) => Rich(
        StatusCodes.Status400BadRequest,
        "ERR_PUBSUB_EVENTS_SER",
        "DAPR_PUBSUB_UNMARSHAL_EVENTS",
        $"error when unmarshaling the request for topic {topic} pubsub {pubSub}: {why}",
        pubSub,
        OfApp(appId, why));

    public static ApiError Forbidden(string pubSub, string topic, string appId) => Rich(
        StatusCodes.Status403Forbidden,
        "ERR_PUBSUB_FORBIDDEN",
        "DAPR_PUBSUB_FORBIDDEN",
        $"topic {topic} is not allowed for app id {appId}",
        pubSub,
        OfTopic(topic, $"topic {topic} is not allowed for app id {appId}"));

    public static ApiError NotPublished(string pubSub, string topic, string why) => Rich(
        StatusCodes.Status500InternalServerError,
        "ERR_PUBSUB_PUBLISH_MESSAGE",
        "DAPR_PUBSUB_PUBLISH_MESSAGE",
        $"error when publishing to topic {topic} in pubsub {pubSub}: {why}",
        pubSub,
        OfTopic(topic, why));

    /// <summary>Nothing of the transaction was stored.</summary>
    public static ApiError OutboxNotPublished(string appId, string why) => new(
        StatusCodes.Status500InternalServerError,
        "ERR_PUBLISH_OUTBOX",
        $"error while publishing outbox message: {why}",
        new ErrorInfo("DAPR_PUBSUB_OUTBOX", OfApp(appId, why)));

    private static ApiError Rich(
        int status, string code, string reason, string message, string pubSub, IReadOnlyDictionary<string, string> metadata) =>
        new(status, code, message, new ErrorInfo(reason, metadata), new ResourceInfo("pubsub", pubSub, message));

    private static Dictionary<string, string> OfApp(string appId, string why) => new() { ["appID"] = appId, ["error"] = why };

    private static Dictionary<string, string> OfTopic(string topic, string why) => new() { ["topic"] = topic, ["error"] = why };
}
