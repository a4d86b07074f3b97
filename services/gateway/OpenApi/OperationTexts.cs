using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DaprShop.Gateway.Routes;
using DaprShop.ServiceDefaults.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace DaprShop.Gateway.OpenApi;

/// <summary>Adds to an operation what its route in the table says and a forwarding handler's signature does not.</summary>
internal static partial class OperationTexts
{
    // Values that exist on a fresh shop, so that the first request sent from the page succeeds.
    private static readonly Dictionary<string, string> PathExamples = new() { ["sku"] = "SKU-1001" };

    public static Task Complete(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var route = context.Description.ActionDescriptor.EndpointMetadata.OfType<PublicRoute>().Single();
        operation.OperationId = route.Name;
        operation.Parameters = [.. Parameters(route)];
        AddExample(operation, route);
        AddAnswerHeaders(operation, route);
        if (route.Access != Access.Anyone)
        {
            operation.Security =
            [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(OpenApiSetup.BearerScheme, context.Document)] = [] },
            ];
            if (route.Access == Access.Operator)
            {
                operation.Description = "For operators.";
            }
        }

        return Task.CompletedTask;
    }

    private static IEnumerable<IOpenApiParameter> Parameters(PublicRoute route)
    {
        foreach (Match name in PathParameter().Matches(route.Template))
        {
            yield return Text(name.Groups[1].Value, ParameterLocation.Path, required: true, description: null, PathExamples.GetValueOrDefault(name.Groups[1].Value));
        }

        foreach (var (name, description) in route.Query)
        {
            yield return Text(name, ParameterLocation.Query, required: false, description);
        }

        if (route.Paged)
        {
            yield return new OpenApiParameter
            {
                Name = "limit",
                In = ParameterLocation.Query,
                Description = "How many items a page has.",
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Integer,
                    Minimum = "1",
                    Maximum = PageRequest.MaxLimit.ToString(CultureInfo.InvariantCulture),
                    Default = PageRequest.DefaultLimit,
                },
            };
            yield return Text("cursor", ParameterLocation.Query, required: false, "nextCursor of the page before.");
        }

        if (route.Idempotent)
        {
            yield return new OpenApiParameter
            {
                Name = ShopHeaders.IdempotencyKey,
                In = ParameterLocation.Header,
                Required = true,
                Description = "Names this request: repeating it with the same key gives the same resource and never a second one.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = IdempotencyKey.MaxLength, Pattern = "^[ -~]+$" },
            };
        }

        if (route.Conditional)
        {
            yield return Text("If-Match", ParameterLocation.Header, required: false, "The ETag last seen; 412 when the resource has changed since.");
        }

        if (route.Streams)
        {
            yield return Text("Last-Event-ID", ParameterLocation.Header, required: false, "The id of the last event received: the stream goes on after it.");
        }

        if (route.Cacheable)
        {
            yield return Text("If-None-Match", ParameterLocation.Header, required: false, "The ETag last seen; 304 when nothing has changed.");
        }
    }

    private static OpenApiParameter Text(string name, ParameterLocation location, bool required, string? description, string? example = null) => new()
    {
        Name = name,
        In = location,
        Required = required,
        Description = description,
        Example = example,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };

    private static void AddExample(OpenApiOperation operation, PublicRoute route)
    {
        if (route.RequestExample is { } example && operation.RequestBody?.Content?.TryGetValue("application/json", out var body) is true)
        {
            ((OpenApiMediaType)body).Example = JsonNode.Parse(example);
        }
    }

    private static void AddAnswerHeaders(OpenApiOperation operation, PublicRoute route)
    {
        if (route.Cacheable)
        {
            operation.Responses!["304"] = new OpenApiResponse { Description = "Not Modified" };
        }

        foreach (var (status, answer) in operation.Responses!)
        {
            if (status is "429" or "503" && answer is OpenApiResponse response)
            {
                response.Headers = new Dictionary<string, IOpenApiHeader>
                {
                    ["Retry-After"] = new OpenApiHeader { Schema = new OpenApiSchema { Type = JsonSchemaType.Integer }, Description = "Seconds." },
                };
            }
        }
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex PathParameter();
}
