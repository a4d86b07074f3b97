using DaprShop.Gateway.Authentication;
using DaprShop.Gateway.Docs;
using DaprShop.Gateway.Forwarding;
using DaprShop.Gateway.Limits;
using DaprShop.Gateway.OpenApi;
using DaprShop.Gateway.Orders;
using DaprShop.Gateway.Readiness;
using DaprShop.Gateway.Routes;
using DaprShop.Gateway.SignIn;
using DaprShop.Gateway.SoldOut;
using DaprShop.ServiceDefaults;

namespace DaprShop.Gateway;

/// <summary>The gateway as a host, so that tests run exactly what Program runs.</summary>
internal static class GatewayHost
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        // Its callers are browsers and clients, which hold no app token; it owns nothing durable.
        builder.AddServiceDefaults(options => (options.RequireAppToken, options.UseStateStore) = (false, false));
        builder.AddBearerTokens();
        builder.AddForwarding();
        builder.AddOrderForwarding();
        builder.AddLimits();
        builder.AddSoldOut();
        builder.AddReadiness();
        builder.AddOpenApiDocument();

        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapDefaultEndpoints();
        app.MapSignIn();
        app.MapForwardedRoutes();
        app.MapOpenApiDocument();
        app.MapDocs();
        return app;
    }
}
