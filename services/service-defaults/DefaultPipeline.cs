using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace DaprShop.ServiceDefaults;

/// <summary>
/// Puts the shared middleware before everything a service maps: the request log sees the final status,
/// the fault handler everything thrown inside it, and an unknown caller never reaches routing.
/// </summary>
internal sealed class DefaultPipeline(ServiceDefaultsOptions options) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.UseMiddleware<RequestTelemetryMiddleware>();
        app.UseMiddleware<FaultMiddleware>();
        if (options.RequireAppToken)
        {
            app.UseMiddleware<AppTokenMiddleware>();
        }

        next(app);
    };
}
