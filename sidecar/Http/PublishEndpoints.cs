using System.Text.Json;
using Sidecar.Api;
using Sidecar.Http.Errors;
using Sidecar.Tracing;

namespace Sidecar.Http;

/// <summary>Publishing (dapr-contract.md 5.1).</summary>
internal static class PublishEndpoints
{
    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();

    private static readonly string[] Methods = ["POST", "PUT"];

    public static void MapPublish(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/v1.0/publish/{pubsub}/{**topic}", Methods, PublishAsync);

        // Without a topic the path is that of a component named bulk.
        routes.MapMethods("/v1.0/publish/bulk/{pubsub}/{**topic:minlength(1)}", Methods, PublishManyAsync);
        routes.MapMethods("/v1.0-alpha1/publish/bulk/{pubsub}/{**topic}", Methods, PublishManyAsync);
    }

    // POST|PUT /v1.0/publish/{pubsub}/{topic...}?metadata.ttlInSeconds=&metadata.rawPayload=&metadata.x=
    // The body is any bytes; the content type says what they mean. 204; 404 unknown or empty names; 400 none
    // configured, bad metadata, unreadable body; 403 scopes; 500 the event or the broker failed.
    private static async Task PublishAsync(HttpContext context, PublishApi publishing, CancellationToken cancellationToken)
    {
        var (pubSub, topic) = (context.PathParameter("pubsub"), context.PathParameter("topic"));
        var metadata = context.QueryMetadata() ?? NoMetadata;
        var (body, error) = await ReadAsync(context, publishing, pubSub, topic, metadata, cancellationToken);
        error ??= await publishing.PublishAsync(
            pubSub, topic, body, context.Request.ContentType, metadata, TraceContext.Of(context), cancellationToken);
        if (error is not null)
        {
            await context.Response.WriteAsync(error, cancellationToken);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    // POST|PUT .../publish/bulk/{pubsub}/{topic...}?metadata.x= [{entryId,event,contentType,metadata?}]: 204 when all
    // entries are published; 500 {failedEntries,errorCode} when some are not; 400 ERR_PUBSUB_EVENTS_SER for a bad body or
    // entry; otherwise as above.
    private static async Task PublishManyAsync(HttpContext context, PublishApi publishing, CancellationToken cancellationToken)
    {
        var (pubSub, topic) = (context.PathParameter("pubsub"), context.PathParameter("topic"));
        var metadata = context.QueryMetadata() ?? NoMetadata;
        var (body, error) = await ReadAsync(context, publishing, pubSub, topic, metadata, cancellationToken);
        var answer = error is null
            ? await TryPublishManyAsync(context, publishing, pubSub, topic, body, metadata, cancellationToken)
            : ApiAnswer<IReadOnlyList<FailedEntry>>.Failed(error);
        switch (answer)
        {
            case { Error: { } failure }:
                await context.Response.WriteAsync(failure, cancellationToken);
                break;
            case { Value: { Count: > 0 } failed }:
                await context.Response.WriteJsonAsync(StatusCodes.Status500InternalServerError, BulkPublishBody.Write(failed), cancellationToken);
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
        }
    }

    private static async Task<ApiAnswer<IReadOnlyList<FailedEntry>>> TryPublishManyAsync(
        HttpContext context,
        PublishApi publishing,
        string pubSub,
        string topic,
        ReadOnlyMemory<byte> body,
        IReadOnlyDictionary<string, string> metadata,
        CancellationToken cancellationToken)
    {
        try
        {
            var entries = BulkPublishBody.Parse(body);
            return await publishing.PublishManyAsync(pubSub, topic, entries, metadata, TraceContext.Of(context), cancellationToken);
        }
        catch (ContentMismatchException exception)
        {
            return ApiAnswer<IReadOnlyList<FailedEntry>>.Failed(
                PubSubErrors.EventsNotMarshalled(pubSub, topic, publishing.AppId, exception.Message));
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            return ApiAnswer<IReadOnlyList<FailedEntry>>.Failed(
                PubSubErrors.EventsUnreadable(pubSub, topic, publishing.AppId, exception.Message));
        }
    }

    private static async Task<(ReadOnlyMemory<byte> Body, ApiError? Error)> ReadAsync(
        HttpContext context,
        PublishApi publishing,
        string pubSub,
        string topic,
        IReadOnlyDictionary<string, string> metadata,
        CancellationToken cancellationToken)
    {
        if (publishing.Refuse(pubSub, topic, metadata) is { } refusal)
        {
            return (default, refusal);
        }

        try
        {
            return (await context.ReadBodyAsync(cancellationToken), null);
        }
        catch (Exception exception) when (exception is BadHttpRequestException or IOException)
        {
            return (default, PubSubErrors.BodyRead(exception.Message));
        }
    }
}
