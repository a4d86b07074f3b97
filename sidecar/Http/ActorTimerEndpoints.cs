using System.Text.Json;
using Sidecar.Actors;
using Sidecar.Actors.Timers;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>Timers (dapr-contract.md 10.2). Common to both: 403 a reserved type, 500 ERR_ACTOR_RUNTIME_NOT_FOUND.</summary>
internal static class ActorTimerEndpoints
{
    private const string Route = "/v1.0/actors/{type}/{id}/timers/{name}";

    public static void MapActorTimers(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods(Route, ["POST", "PUT"], SetAsync);
        routes.MapDelete(Route, DeleteAsync);
    }

    // POST|PUT {data?,dueTime?,period?,ttl?,callback}: 204; 400 ERR_MALFORMED_REQUEST, ERR_BAD_REQUEST for the name;
    // 500 ERR_ACTOR_TIMER_CREATE: times that are none, a type that is not hosted here.
    private static async Task SetAsync(HttpContext context, ActorTimers timers, ActorRuntime runtime, CancellationToken cancellationToken)
    {
        var actor = context.Actor();
        var name = context.PathParameter("name");
        var error = ActorNames.Refusal(actor);
        if (error is null)
        {
            try
            {
                var body = ScheduleBody.Parse(await context.ReadBodyAsync(cancellationToken));
                error = ActorNames.Problem(name) is { } problem ? ActorErrors.BadRequest(problem) : null;
                if (error is null)
                {
                    runtime.DemandStore();
                    timers.Set(actor, new TimerRequest(name, body.Times, body.Data, body.Callback));
                    context.Response.StatusCode = StatusCodes.Status204NoContent;
                    return;
                }
            }
            catch (Exception mistake) when (mistake is JsonException or FormatException or BadHttpRequestException)
            {
                error = SharedErrors.MalformedBody(mistake.Message);
            }
            catch (ActorException failure)
            {
                error = ActorErrors.Of(failure, ActorErrors.TimerCreate);
            }
        }

        await context.Response.WriteAsync(error, cancellationToken);
    }

    // DELETE: 204, also when there is none.
    private static async Task DeleteAsync(HttpContext context, ActorTimers timers, ActorRuntime runtime, CancellationToken cancellationToken)
    {
        var actor = context.Actor();
        var error = ActorNames.Refusal(actor);
        try
        {
            if (error is null)
            {
                runtime.DemandStore();
                timers.Remove(actor, context.PathParameter("name"));
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return;
            }
        }
        catch (ActorException failure)
        {
            error = ActorErrors.Of(failure, ActorErrors.TimerCreate);
        }

        await context.Response.WriteAsync(error, cancellationToken);
    }
}
