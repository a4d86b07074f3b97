using Sidecar.Host;
using Sidecar.Pipelines;

namespace Sidecar.Invocation;

internal static class InvocationBuildingBlock
{
    public static IServiceCollection AddInvocation(this IServiceCollection services)
    {
        services.AddSingleton<AppInvoker>();
        if (services.Any(service => service.ImplementationInstance is SidecarOptions { AppPort: not null }))
        {
            services.AddSingleton<AppChannel>();
            services.AddSingleton<IAppChannel>(provider => provider.GetRequiredService<HttpPipelines>().App is { Count: > 0 } steps
                ? new AppPipeline(provider.GetRequiredService<AppChannel>(), steps)
                : provider.GetRequiredService<AppChannel>());
        }

        return services;
    }
}
