using Sidecar.Actors;
using Sidecar.Actors.Placement;
using Sidecar.Http.Errors;
using Sidecar.Invocation;
using Sidecar.Resiliency;
using Sidecar.Tracing;
using Sidecar.Workflows;
using Sidecar.Workflows.Sharing;

namespace Sidecar.Http;

/// <summary>Actor methods (dapr-contract.md 10.2).</summary>
internal static partial class ActorEndpoints
{
    public static void MapActors(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/v1.0/actors/{type}/{id}/method/{method}", ["GET", "POST", "PUT", "DELETE"], InvokeAsync);
        routes.MapActorState();
        routes.MapActorReminders();
        routes.MapActorTimers();
    }

    // GET|POST|PUT|DELETE method/{m}, any body: 200 the app's body and headers; 400 ERR_BAD_REQUEST for names and a body
    // that cannot be read; 403 a reserved type; 404 ERR_ACTOR_NO_ADDRESS; 500 ERR_ACTOR_STACK_DEPTH,
    // ERR_ACTOR_RUNTIME_NOT_FOUND, else ERR_ACTOR_INVOKE_METHOD; 503 ERR_ACTOR_RUNTIME_CLOSED.
    private static async Task InvokeAsync(
        HttpContext context, ActorRouter router, WorkflowEngine workflows, ILogger<ActorRouter> logger, CancellationToken cancellationToken)
    {
        var actor = context.Actor();
        var method = context.PathParameter("method");
        if (context.Request.Headers.ContainsKey(RemoteActors.Header) && actor.Type == workflows.Host.Type)
        {
            await AnswerPeerAsync(context, actor, method, workflows.Host, cancellationToken);
            return;
        }

        var error = ActorNames.Refusal(actor)
            ?? (ActorNames.Problem(actor.Type) is { } badType ? ActorErrors.BadRequest($"invalid actorType: {badType}") : null)
            ?? (ActorNames.Problem(actor.Id) is { } badId ? ActorErrors.BadRequest($"invalid actorId: {badId}") : null);
        if (error is null && TargetPath.Normalize(context.Request.RouteValues["method"] as string ?? "", out var invalid) is null)
        {
            error = ActorErrors.BadRequest(invalid);
        }

        var body = ReadOnlyMemory<byte>.Empty;
        if (error is null)
        {
            try
            {
                body = await context.ReadBodyAsync(cancellationToken);
            }
            catch (BadHttpRequestException unreadable)
            {
                error = ActorErrors.BadRequest($"failed to read body: {unreadable.Message}");
            }
        }

        if (error is null)
        {
            var call = new ActorCall(actor, method, body, context.Request.QueryString.Value ?? "", HeadersOf(context));
            error = await AnswerAsync(context, call, router, logger, cancellationToken);
        }

        if (error is not null)
        {
            await context.Response.WriteAsync(error, cancellationToken);
        }
    }

    // Another sidecar of the app takes this one for the owner of a workflow: no client gets here, see Refusal.
    private static async Task AnswerPeerAsync(
        HttpContext context, ActorAddress instance, string method, WorkflowHost host, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await host.InvokeAsync(new ActorCall(instance, method, await context.ReadBodyAsync(cancellationToken), "", []), cancellationToken);
            await context.Response.Body.WriteAsync(answer.Body, cancellationToken);
        }
        catch (ActorException failure)
        {
            await context.Response.WriteAsync(ActorErrors.Of(failure, ActorErrors.Invoke), cancellationToken);
        }
    }

    private static async Task<ApiError?> AnswerAsync(
        HttpContext context, ActorCall call, ActorRouter router, ILogger logger, CancellationToken cancellationToken)
    {
        ActorAnswer answer;
        try
        {
            answer = context.Request.Headers.ContainsKey(RemoteActors.Header)
                ? await router.InvokeHereAsync(call, cancellationToken)
                : await router.InvokeAsync(call, cancellationToken);
        }
        catch (ActorException failure)
        {
            LogFailed(logger, call.Actor, call.Method, failure.Message);
            return ActorErrors.Of(failure, ActorErrors.Invoke);
        }
        catch (Exception policy) when (policy is TimeoutException or CircuitBreakerOpenException)
        {
            LogFailed(logger, call.Actor, call.Method, policy.Message);
            return ActorErrors.Invoke(policy.Message);
        }

        foreach (var (name, values) in answer.Headers)
        {
            if (!name.Equals("traceparent", StringComparison.OrdinalIgnoreCase) || context.Response.Headers.TraceParent.Count == 0)
            {
                context.Response.Headers[name] = values;
            }
        }

        context.Response.ContentLength = answer.Body.Length;
        await context.Response.Body.WriteAsync(answer.Body, cancellationToken);
        return null;
    }

    private static List<KeyValuePair<string, string[]>> HeadersOf(HttpContext context)
    {
        var nominated = HeaderRules.NominatedBy(context.Request.Headers.Connection);
        var headers = context.Request.Headers
            .Where(header => HeaderRules.GoesToApp(header.Key, nominated) && !header.Key.Equals(RemoteActors.Header, StringComparison.OrdinalIgnoreCase))
            .Select(header => new KeyValuePair<string, string[]>(header.Key, [.. header.Value.Select(value => value ?? "")]));
        return [.. headers, .. TraceContext.Of(context).Headers];
    }

    [LoggerMessage(LogLevel.Debug, "The actor {Actor} could not be called for {Method}: {Reason}")]
    private static partial void LogFailed(ILogger logger, ActorAddress actor, string method, string reason);
}
