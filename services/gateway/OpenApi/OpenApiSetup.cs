using DaprShop.Gateway.Routes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace DaprShop.Gateway.OpenApi;

/// <summary><c>GET /openapi/v1.json</c>: the document of exactly the routes in the table.</summary>
internal static class OpenApiSetup
{
    public const string BearerScheme = "bearer";

    public static void AddOpenApiDocument(this WebApplicationBuilder builder) => builder.Services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = description => description.ActionDescriptor.EndpointMetadata.OfType<PublicRoute>().Any();
        options.AddDocumentTransformer((document, _, _) => DescribeShop(document));
        options.AddOperationTransformer((operation, context, _) => OperationTexts.Complete(operation, context));
    });

    public static void MapOpenApiDocument(this IEndpointRouteBuilder routes) => routes.MapOpenApi("/openapi/v1.json");

    private static Task DescribeShop(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "DaprShop",
            Version = "v1",
            Description = "A flash-sale-grade shop. Sign in with POST /api/v1/tokens as shopper-1 or operator-1 (password demo), then order.",
        };
        // Relative: the document is right wherever the gateway is reached.
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [BearerScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT" },
        };
        return Task.CompletedTask;
    }
}
