using System.Text.Json;
using Sidecar.Api;
using Sidecar.Components.Bindings;
using Sidecar.Http.Errors;
using Sidecar.Tracing;

namespace Sidecar.Http;

/// <summary>Output bindings (dapr-contract.md 9.3).</summary>
internal static class BindingEndpoints
{
    public static void MapBindings(this IEndpointRouteBuilder routes)
    {
        var bindings = routes.ServiceProvider.GetRequiredService<BindingApi>();
        routes.MapMethods("/v1.0/bindings/{name}", ["POST", "PUT"], context => InvokeAsync(context, bindings));
    }

    // POST|PUT /v1.0/bindings/{name} {"operation","data"?,"metadata"?}: 200 with the reply's bytes and its metadata as
    // headers metadata.NAME; 204 without data; 400 for a bad body; 500 for everything else, also for an unknown name.
    private static async Task InvokeAsync(HttpContext context, BindingApi bindings)
    {
        var name = context.PathParameter("name");
        BindingRequest request;
        try
        {
            request = BindingRequest.Parse(await context.ReadBodyAsync(context.RequestAborted));
        }
        catch (Exception mistake) when (mistake is JsonException or FormatException or BadHttpRequestException)
        {
            await context.Response.WriteAsync(SharedErrors.MalformedBody(mistake.Message), context.RequestAborted);
            return;
        }

        var invocation = new BindingInvocation(request.Operation, request.Data, request.Metadata) { Trace = TraceContext.Of(context) };
        var answer = await bindings.InvokeAsync(name, invocation, context.RequestAborted);
        if (answer.Error is { } error)
        {
            await context.Response.WriteAsync(error, context.RequestAborted);
            return;
        }

        foreach (var (key, value) in answer.Value?.Metadata ?? new Dictionary<string, string>())
        {
            context.Response.Headers[$"metadata.{key}"] = value;
        }

        if (answer.Value is { Data.IsEmpty: false } reply)
        {
            await context.Response.WriteJsonAsync(StatusCodes.Status200OK, reply.Data, context.RequestAborted);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }
}
