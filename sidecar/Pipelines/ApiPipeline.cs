using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Sidecar.Components.Middleware;

namespace Sidecar.Pipelines;

/// <summary>spec.httpPipeline: what a request to the HTTP API passes once its token is good (dapr-contract.md 1.4). Health has no way around it.</summary>
internal static class ApiPipeline
{
    public static IApplicationBuilder UseHttpPipeline(this IApplicationBuilder app)
    {
        var pipelines = app.ApplicationServices.GetRequiredService<HttpPipelines>();
        foreach (var handler in pipelines.Api)
        {
            app.Use((context, next) => pipelines.Find(handler) is { } step ? RunAsync(step, context, next) : next(context));
        }

        return app;
    }

    private static async Task RunAsync(IHttpMiddleware step, HttpContext context, RequestDelegate next)
    {
        if (await step.CheckAsync(Describe(context), context.RequestAborted) is { } answer)
        {
            await WriteAsync(context.Response, answer, context.RequestAborted);
            return;
        }

        if (step.RequestChange is { } request)
        {
            context.Request.Body = new ChangedStream(context.Request.Body, request);
        }

        if (step.AnswerChange is { } change)
        {
            context.Response.Body = new ChangedStream(context.Response.Body, change);
        }

        await next(context);
    }

    private static MiddlewareRequest Describe(HttpContext context) => new(
        context.Request.Method,
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
        name => context.Request.Headers[name].ToString(),
        context.Connection.RemoteIpAddress?.ToString() ?? "");

    private static async Task WriteAsync(HttpResponse response, MiddlewareAnswer answer, CancellationToken cancellationToken)
    {
        var text = Encoding.UTF8.GetBytes(answer.Text);
        response.StatusCode = answer.Status;
        response.ContentType = MiddlewareAnswer.ContentType;
        response.ContentLength = text.Length;
        foreach (var (name, value) in answer.Headers)
        {
            response.Headers[name] = value;
        }

        await response.Body.WriteAsync(text, cancellationToken);
    }
}
