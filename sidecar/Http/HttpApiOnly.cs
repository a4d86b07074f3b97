namespace Sidecar.Http;

/// <summary>The gRPC port speaks gRPC alone: like a gRPC server, it answers 415 to anything else that comes over HTTP/2.</summary>
internal static class HttpApiOnly
{
    public static IApplicationBuilder UseHttpApiOnly(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        return Task.CompletedTask;
    });
}
