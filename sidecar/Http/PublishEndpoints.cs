using Sidecar.Components;
using Sidecar.Components.PubSub;
using Sidecar.Host;
using Sidecar.Http.Errors;
using Sidecar.PubSub.Publishing;
using Sidecar.Resiliency;
using Sidecar.Tracing;

namespace Sidecar.Http;

/// <summary>Publishing (dapr-contract.md 5.1).</summary>
internal static class PublishEndpoints
{
    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();

    public static void MapPublish(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/v1.0/publish/{pubsub}/{**topic}", ["POST", "PUT"], PublishAsync);

    // POST|PUT /v1.0/publish/{pubsub}/{topic...}?metadata.ttlInSeconds=&metadata.rawPayload=&metadata.x=
    // The body is any bytes; the content type says what they mean. 204; 404 unknown or empty names; 400 none
    // configured, bad metadata, unreadable body; 403 scopes; 500 the event or the broker failed.
    private static async Task PublishAsync(
        HttpContext context, SidecarOptions options, ComponentRegistry components, EventPublisher publisher, CancellationToken cancellationToken)
    {
        var error = await TryPublishAsync(context, options, components, publisher, cancellationToken);
        if (error is not null)
        {
            await context.Response.WriteAsync(error, cancellationToken);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task<ApiError?> TryPublishAsync(
        HttpContext context, SidecarOptions options, ComponentRegistry components, EventPublisher publisher, CancellationToken cancellationToken)
    {
        var (pubSub, topic) = (context.PathParameter("pubsub"), context.PathParameter("topic"));
        var metadata = context.QueryMetadata() ?? NoMetadata;
        if (Refuse(pubSub, topic, metadata, components) is { } refusal)
        {
            return refusal;
        }

        ReadOnlyMemory<byte> body;
        try
        {
            body = await context.ReadBodyAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is BadHttpRequestException or IOException)
        {
            return PubSubErrors.BodyRead(exception.Message);
        }

        if (!PublishMetadata.TryGetRawPayload(metadata, out var isRaw, out var why))
        {
            return PubSubErrors.Metadata(pubSub, why, metadata);
        }

        try
        {
            await (isRaw
                ? publisher.PublishRawAsync(pubSub, topic, body, metadata, cancellationToken)
                : publisher.PublishAsync(
                    pubSub, topic, body, context.Request.ContentType, metadata, TraceContext.Of(context), cancellationToken));
            return null;
        }
        catch (CloudEventException exception)
        {
            return PubSubErrors.NoCloudEvent(pubSub, options.AppId, exception.Message);
        }
        catch (TopicForbiddenException)
        {
            return PubSubErrors.Forbidden(pubSub, topic, options.AppId);
        }
        catch (Exception exception) when (exception is ComponentException or TimeoutException or CircuitBreakerOpenException)
        {
            return PubSubErrors.NotPublished(pubSub, topic, exception.Message);
        }
    }

    private static ApiError? Refuse(string pubSub, string topic, IReadOnlyDictionary<string, string> metadata, ComponentRegistry components)
    {
        if (!components.HasAny<IPubSub>())
        {
            return PubSubErrors.NotConfigured(pubSub, metadata);
        }

        if (pubSub.Length == 0)
        {
            return PubSubErrors.NameEmpty(metadata);
        }

        if (components.PubSub(pubSub) is null)
        {
            return PubSubErrors.NotFound(pubSub, metadata);
        }

        return topic.Length == 0 ? PubSubErrors.TopicEmpty(pubSub, metadata) : null;
    }
}
