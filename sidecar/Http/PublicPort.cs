using Sidecar.Host;

namespace Sidecar.Http;

/// <summary>
/// --dapr-public-port: health and metadata for whoever watches the sidecar, without a token and past the pipelines. Nothing else is
/// there (dapr-contract.md 1.1).
/// </summary>
internal static class PublicPort
{
    private static readonly byte[] NotFound = "404 page not found\n"u8.ToArray();

    /// <summary>The steps that a request to the API itself passes, and one to the public port does not.</summary>
    public static IApplicationBuilder UseUnlessPublic(this IApplicationBuilder app, SidecarOptions options, Action<IApplicationBuilder> steps)
    {
        if (options.PublicPort is not { } port)
        {
            steps(app);
            return app;
        }

        return app
            .Use((context, next) => context.Connection.LocalPort != port || IsThere(context.Request.Path.Value ?? "") ? next(context) : RefuseAsync(context))
            .UseWhen(context => context.Connection.LocalPort != port, steps);
    }

    private static bool IsThere(string path) =>
        path is "/v1.0/healthz" or "/v1.0/healthz/outbound" or "/v1.0/metadata" || path.StartsWith("/v1.0/metadata/", StringComparison.Ordinal);

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = NotFound.Length;
        return context.Response.Body.WriteAsync(NotFound, context.RequestAborted).AsTask();
    }
}
