using System.Text.Json;
using Sidecar.Actors;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>The state of actors (dapr-contract.md 10.2). Common to both: 403 a reserved type, 500 ERR_ACTOR_RUNTIME_NOT_FOUND.</summary>
internal static class ActorStateEndpoints
{
    public static void MapActorState(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1.0/actors/{type}/{id}/state/{key}", GetAsync);
        routes.MapMethods("/v1.0/actors/{type}/{id}/state", ["POST", "PUT"], TransactAsync);
    }

    // GET state/{key}: 200 the stored bytes, with metadata.ttlExpireTime for those that expire; 204 missing;
    // 500 ERR_ACTOR_STATE_GET. Not asked: whether the actor lives here.
    private static async Task GetAsync(HttpContext context, ActorState state, CancellationToken cancellationToken)
    {
        var actor = context.Actor();
        if (ActorNames.Refusal(actor) is { } refusal)
        {
            await context.Response.WriteAsync(refusal, cancellationToken);
            return;
        }

        try
        {
            if (await state.GetAsync(actor, context.PathParameter("key"), cancellationToken) is not { Value.IsEmpty: false } item)
            {
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return;
            }

            if (item.ExpiresAt is { } expiry)
            {
                context.Response.Headers[$"metadata.{StateReplies.ExpireTime}"] = StateReplies.Rfc3339(expiry);
            }

            await context.Response.WriteJsonAsync(StatusCodes.Status200OK, item.Value, cancellationToken);
        }
        catch (ActorException failure)
        {
            await context.Response.WriteAsync(ActorErrors.Of(failure, ActorErrors.StateGet), cancellationToken);
        }
    }

    // POST|PUT state [{operation:"upsert"|"delete",request:{key,value?,etag?,metadata?}}]: 204; 400 ERR_MALFORMED_REQUEST,
    // ERR_ACTOR_INSTANCE_MISSING; 500 ERR_ACTOR_STATE_TRANSACTION_SAVE.
    private static async Task TransactAsync(HttpContext context, ActorState state, CancellationToken cancellationToken)
    {
        var actor = context.Actor();
        var error = ActorNames.Refusal(actor);
        if (error is null)
        {
            try
            {
                var operations = StateRequests.ParseOperations(await context.ReadBodyAsync(cancellationToken));
                await state.TransactAsync(actor, operations, cancellationToken);
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return;
            }
            catch (Exception mistake) when (mistake is JsonException or FormatException or BadHttpRequestException)
            {
                error = SharedErrors.MalformedBody(mistake.Message);
            }
            catch (ActorException failure)
            {
                error = ActorErrors.Of(failure, ActorErrors.StateTransaction);
            }
        }

        await context.Response.WriteAsync(error, cancellationToken);
    }
}
