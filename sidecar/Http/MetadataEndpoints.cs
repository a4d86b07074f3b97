using System.Text;
using Sidecar.Host;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>Metadata (dapr-contract.md 1.8).</summary>
internal static class MetadataEndpoints
{
    public static void MapMetadata(this IEndpointRouteBuilder routes)
    {
        var source = routes.ServiceProvider.GetRequiredService<MetadataSource>();
        routes.MapGet("/v1.0/metadata", context => GetAsync(context, source));
        routes.MapPut("/v1.0/metadata/{key}", context => SetAsync(context, source.Extended));
    }

    // GET /v1.0/metadata: 200, also before the app is up: clients wait for the sidecar with it.
    private static Task GetAsync(HttpContext context, MetadataSource source) =>
        context.Response.WriteJsonAsync(StatusCodes.Status200OK, MetadataReply.Write(source), context.RequestAborted);

    // PUT /v1.0/metadata/{key}, the body is the text: 204.
    private static async Task SetAsync(HttpContext context, ExtendedMetadata extended)
    {
        var body = await context.ReadBodyAsync(context.RequestAborted);
        extended.Set(context.PathParameter("key"), Encoding.UTF8.GetString(body.Span));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
