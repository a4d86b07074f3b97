using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>
/// Whatever no other route takes, a known path with the wrong verb included, is a service invocation: without an app
/// id it is answered 404 ERR_DIRECT_INVOKE, never a bare 404 or 405 (dapr-contract.md 1.4).
/// </summary>
internal static class InvokeEndpoints
{
    public static void MapInvoke(this IEndpointRouteBuilder routes) => routes.Map("/{**path}", FallThroughAsync);

    private static Task FallThroughAsync(HttpContext context) =>
        context.Response.WriteAsync(InvokeErrors.NoAppId, context.RequestAborted);
}
