namespace DaprShop.Gateway.Docs;

/// <summary><c>/docs</c>: a page that shows the OpenAPI document and sends requests. It loads nothing from elsewhere.</summary>
internal static class DocsEndpoints
{
    // 'self' only: the page works offline, and a text out of the document can never become a script.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

    public static void MapDocs(this IEndpointRouteBuilder routes)
    {
        MapFile(routes, "/docs", "docs.html", "text/html; charset=utf-8");
        MapFile(routes, "/docs/docs.css", "docs.css", "text/css; charset=utf-8");
        MapFile(routes, "/docs/docs.js", "docs.js", "text/javascript; charset=utf-8");
        // Where people look for such a page.
        foreach (var habit in (string[])["/", "/swagger", "/scalar"])
        {
            routes.MapGet(habit, () => TypedResults.Redirect("/docs")).ExcludeFromDescription();
        }
    }

    private static void MapFile(IEndpointRouteBuilder routes, string path, string resource, string contentType)
    {
        using var stream = typeof(DocsEndpoints).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The resource {resource} is not in the assembly.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        routes.MapGet(path, (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = Policy;
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return TypedResults.Bytes(content, contentType);
        }).ExcludeFromDescription();
    }
}
