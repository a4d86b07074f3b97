using Sidecar.Api;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>Maps the routes that the configuration leaves open; to a client the others do not exist (dapr-contract.md 3.6).</summary>
internal static class AllowedRoutes
{
    public static void MapAllowed(this WebApplication app, ApiAccess access, Action<IEndpointRouteBuilder> map)
    {
        var all = new Collected(app.Services, app);
        map(all);
        var open = all.DataSources
            .SelectMany(source => source.Endpoints)
            .Where(endpoint => access.AllowsRoute(((RouteEndpoint)endpoint).RoutePattern.RawText ?? ""))
            .ToList();
        ((IEndpointRouteBuilder)app).DataSources.Add(new DefaultEndpointDataSource(open));

        // Without invocations, which otherwise take what nothing else does, a closed route must still answer as Dapr's do.
        app.MapFallback("/{**path}", context => context.Response.WriteAsync(InvokeErrors.NoAppId, context.RequestAborted));
    }

    private sealed class Collected(IServiceProvider services, IApplicationBuilder app) : IEndpointRouteBuilder
    {
        public IServiceProvider ServiceProvider { get; } = services;

        public ICollection<EndpointDataSource> DataSources { get; } = [];

        public IApplicationBuilder CreateApplicationBuilder() => app.New();
    }
}
