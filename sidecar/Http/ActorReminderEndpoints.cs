using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sidecar.Actors;
using Sidecar.Actors.Placement;
using Sidecar.Actors.Reminders;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>
/// Reminders (dapr-contract.md 10.2). Common to all: 403 a reserved type and ERR_ACTOR_REMINDER_NON_HOSTED for one that is
/// not hosted here, 500 ERR_ACTOR_RUNTIME_NOT_FOUND.
/// </summary>
internal static class ActorReminderEndpoints
{
    private const string Route = "/v1.0/actors/{type}/{id}/reminders/{name}";

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void MapActorReminders(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods(Route, ["POST", "PUT"], SetAsync);
        routes.MapGet(Route, GetAsync);
        routes.MapDelete(Route, DeleteAsync);
    }

    // POST|PUT {data?,dueTime?,period?,ttl?,overwrite?,failure_policy?}: 204; 400 ERR_MALFORMED_REQUEST, ERR_BAD_REQUEST for the name;
    // 409 ERR_ACTOR_REMINDER_ALREADY_EXISTS with overwrite false; 500 ERR_ACTOR_REMINDER_CREATE, times that are none too.
    private static Task SetAsync(HttpContext context, ActorRouter router, CancellationToken cancellationToken) =>
        RunAsync(context, ActorErrors.ReminderCreate, async (actor, name) =>
        {
            var body = ScheduleBody.Parse(await context.ReadBodyAsync(cancellationToken));
            if (ActorNames.Problem(name) is { } problem)
            {
                return ActorErrors.BadRequest(problem);
            }

            var reminder = new ReminderRequest(name, body.Times, body.Data, body.Failure, body.Overwrite);
            await router.SetReminderAsync(actor, reminder, context.Request.Headers.ContainsKey(RemoteActors.Header), cancellationToken);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return null;
        });

    // GET: 200 {actorID,actorType,data?,dueTime?,period?,ttl?}; 404 ERR_ACTOR_REMINDER_NOT_FOUND; 500 ERR_ACTOR_REMINDER_GET.
    private static Task GetAsync(HttpContext context, ActorRouter router, CancellationToken cancellationToken) =>
        RunAsync(context, ActorErrors.ReminderGet, async (actor, name) =>
        {
            if (await router.ReminderAsync(actor, name, cancellationToken) is not { } reminder)
            {
                return ActorErrors.ReminderNotFound(name);
            }

            await context.Response.WriteJsonAsync(StatusCodes.Status200OK, Write(reminder), cancellationToken);
            return null;
        });

    // DELETE: 204, also when there is none; 500 ERR_ACTOR_REMINDER_DELETE.
    private static Task DeleteAsync(HttpContext context, ActorRouter router, CancellationToken cancellationToken) =>
        RunAsync(context, ActorErrors.ReminderDelete, async (actor, name) =>
        {
            await router.DeleteReminderAsync(actor, name, context.Request.Headers.ContainsKey(RemoteActors.Header), cancellationToken);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return null;
        });

    private static async Task RunAsync(
        HttpContext context, Func<string, ApiError> otherwise, Func<ActorAddress, string, Task<ApiError?>> run)
    {
        var actor = context.Actor();
        ApiError? error;
        try
        {
            error = ActorNames.Refusal(actor) ?? await run(actor, context.PathParameter("name"));
        }
        catch (Exception mistake) when (mistake is JsonException or FormatException or BadHttpRequestException)
        {
            error = SharedErrors.MalformedBody(mistake.Message);
        }
        catch (ActorException failure)
        {
            error = ActorErrors.Of(failure, otherwise);
        }

        if (error is not null)
        {
            await context.Response.WriteAsync(error, context.RequestAborted);
        }
    }

    internal static ReadOnlyMemory<byte> Write(Reminder reminder)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Json))
        {
            writer.WriteStartObject();
            writer.WriteString("actorID", reminder.Actor.Id);
            writer.WriteString("actorType", reminder.Actor.Type);
            if (!reminder.Data.IsEmpty)
            {
                writer.WritePropertyName("data");
                writer.WriteRawValue(reminder.Data.Span, skipInputValidation: true);
            }

            if (reminder.Times.DueTime is { Length: > 0 } dueTime)
            {
                writer.WriteString("dueTime", dueTime);
            }

            if (reminder.ShownPeriod is { } period)
            {
                writer.WriteString("period", period);
            }

            if (reminder.ShownTtl is { } ttl)
            {
                writer.WriteString("ttl", ttl);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
