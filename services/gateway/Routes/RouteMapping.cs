using DaprShop.Gateway.Authentication;
using DaprShop.Gateway.Limits;
using DaprShop.ServiceDefaults.Faults;

namespace DaprShop.Gateway.Routes;

/// <summary>Turns the table into endpoints.</summary>
internal static class RouteMapping
{
    public static void MapForwardedRoutes(this WebApplication app)
    {
        foreach (var route in RouteTable.All.Where(route => route.IsForwarded))
        {
            // Said by a setting, not found out by a call: asking a sidecar for an app that nobody runs takes its retries each time.
            var endpoint = RouteTable.IsEnabled(route, app.Configuration)
                ? app.MapMethods(route.Template, [route.Method], (HttpContext context, LimitedForwarder forwarder) => forwarder.ForwardAsync(context, route))
                : app.MapMethods(route.Template, [route.Method], () => Problems.NotFound($"The {route.AppId} service does not run in this shop."));
            endpoint.Describe(route);
        }
    }

    /// <summary>Adds what the table says beside method and path: who may call, and what the document shows.</summary>
    public static void Describe(this RouteHandlerBuilder endpoint, PublicRoute route)
    {
        endpoint.WithMetadata(route).WithName(route.Name).WithSummary(route.Summary).WithTags(route.Tag);
        if (route.Access != Access.Anyone)
        {
            endpoint.RequireAuthorization(route.Access == Access.Operator ? BearerTokens.OperatorPolicy : BearerTokens.SignedInPolicy);
        }

        if (route.Request is { } request)
        {
            endpoint.Accepts(request, route.RequestIsOptional, "application/json");
        }

        if (route.Streams)
        {
            endpoint.Produces<string>(route.Success, "text/event-stream");
        }
        else if (route.Response is { } response)
        {
            endpoint.Produces(route.Success, response);
        }
        else
        {
            endpoint.Produces(route.Success);
        }

        if (route.MayHaveEnded)
        {
            endpoint.Produces(StatusCodes.Status204NoContent);
        }

        if (route.MayCreate)
        {
            endpoint.Produces(StatusCodes.Status201Created, route.Response);
        }

        foreach (var status in Refusals(route))
        {
            endpoint.ProducesProblem(status, Problems.ContentType);
        }
    }

    private static IEnumerable<int> Refusals(PublicRoute route)
    {
        var shared = route.Access switch
        {
            Access.Anyone => Array.Empty<int>(),
            Access.SignedIn => [StatusCodes.Status401Unauthorized],
            _ => [StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden],
        };
        return route.Refusals
            .Concat(shared)
            .Concat(route.IsForwarded ? [StatusCodes.Status429TooManyRequests] : [])
            .Append(StatusCodes.Status500InternalServerError)
            .Append(StatusCodes.Status503ServiceUnavailable)
            .Distinct()
            .Order();
    }
}
