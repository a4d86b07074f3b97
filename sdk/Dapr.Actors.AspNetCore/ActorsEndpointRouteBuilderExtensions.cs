using Dapr.Actors;
using Dapr.Actors.Communication;
using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>The endpoints through which the sidecar reaches the hosted actors.</summary>
public static class ActorsEndpointRouteBuilderExtensions
{
    private const string Actor = "actors/{actorTypeName}/{actorId}";
    private const string JsonType = "application/json";

    /// <summary>
    /// Maps <c>GET dapr/config</c>, <c>DELETE actors/{type}/{id}</c>, <c>PUT</c> of its methods, reminders and timers, and
    /// <c>GET /healthz</c> unless the application has one. What an actor throws goes on to the application's own error handling, except to
    /// strongly typed callers, who are answered 200 with the exception.
    /// </summary>
    /// <exception cref="InvalidOperationException"><c>AddActors</c> was not called.</exception>
    public static IEndpointConventionBuilder MapActorsHandlers(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (endpoints.ServiceProvider.GetService<IServiceProviderIsService>()?.IsService(typeof(ActorRuntime)) != true)
        {
            throw new InvalidOperationException("There is no actor runtime: call AddActors on the services first.");
        }

        // Made now, so that a class that cannot be hosted stops the start and not the first call.
        var runtime = endpoints.ServiceProvider.GetRequiredService<ActorRuntime>();
        return new EveryEndpoint(
            endpoints.MapGet("dapr/config", context => WriteAsync(context, runtime.Configuration())).WithDisplayName("Dapr actors: configuration"),
            endpoints.MapDelete(Actor, context => runtime.Actors(Type(context)).DeactivateAsync(Id(context))).WithDisplayName("Dapr actors: deactivate"),
            endpoints.MapPut(Actor + "/method/{methodName}", context => InChainAsync(context, () => InvokeAsync(context, runtime))).WithDisplayName("Dapr actors: method"),
            endpoints.MapPut(Actor + "/method/remind/{reminderName}", context => InChainAsync(context, () => RemindAsync(context, runtime))).WithDisplayName("Dapr actors: reminder"),
            endpoints.MapPut(Actor + "/method/timer/{timerName}", context => InChainAsync(context, () => FireAsync(context, runtime))).WithDisplayName("Dapr actors: timer"),
            MapHealth(endpoints));
    }

    private static async Task InvokeAsync(HttpContext context, ActorRuntime runtime)
    {
        var method = Route(context, "methodName");
        var body = await BodyAsync(context);
        if (!context.Request.Headers.TryGetValue(RemotingHeader.Name, out var header))
        {
            var json = await runtime.Actors(Type(context)).InvokeAsync(Id(context), method, body, context.RequestAborted);
            await WriteAsync(context, json);
            return;
        }

        byte[]? answer;
        try
        {
            answer = await runtime.Actors(Type(context)).InvokeRemotelyAsync(Id(context), method, header.ToString(), body, context.RequestAborted);
        }
#pragma warning disable CA1031 // Whatever a method throws belongs to its caller: it is told there, in the form that strongly typed proxies read.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            (context.Response.Headers[RemotingFailure.Name], answer) = RemotingFailure.Write(thrown, method);
        }

        await context.Response.Body.WriteAsync(answer ?? [], context.RequestAborted);
    }

    private static async Task RemindAsync(HttpContext context, ActorRuntime runtime) =>
        await runtime.Actors(Type(context)).RemindAsync(Id(context), Route(context, "reminderName"), await BodyAsync(context));

    private static async Task FireAsync(HttpContext context, ActorRuntime runtime)
    {
        var answer = await runtime.Actors(Type(context)).FireAsync(Id(context), await BodyAsync(context));
        await WriteAsync(context, answer ? "true"u8.ToArray() : "false"u8.ToArray());
    }

    private static async Task InChainAsync(HttpContext context, Func<Task> turn)
    {
        ReentrancyChain.Current = context.Request.Headers.TryGetValue(ReentrancyChain.Header, out var id) ? id.ToString() : null;
        await turn();
    }

    private static IEndpointConventionBuilder MapHealth(IEndpointRouteBuilder endpoints)
    {
        var health = endpoints.MapHealthChecks("/healthz").WithMetadata(new AllowAnonymousAttribute()).WithDisplayName("Dapr actors: health");

        // Behind the application's own endpoint of that path, if it has one.
        health.Add(endpoint => ((RouteEndpointBuilder)endpoint).Order = 100);
        return health;
    }

    private static async Task WriteAsync(HttpContext context, byte[]? json)
    {
        if (json is not null)
        {
            context.Response.ContentType = JsonType;
            context.Response.ContentLength = json.Length;
            await context.Response.Body.WriteAsync(json, context.RequestAborted);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> BodyAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return buffer.ToArray();
    }

    private static string Type(HttpContext context) => Route(context, "actorTypeName");

    private static ActorId Id(HttpContext context) => new(Route(context, "actorId"));

    private static string Route(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    private sealed class EveryEndpoint(params IEndpointConventionBuilder[] endpoints) : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention)
        {
            foreach (var endpoint in endpoints)
            {
                endpoint.Add(convention);
            }
        }
    }
}
