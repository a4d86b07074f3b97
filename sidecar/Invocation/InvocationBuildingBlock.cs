using Sidecar.Host;

namespace Sidecar.Invocation;

internal static class InvocationBuildingBlock
{
    public static IServiceCollection AddInvocation(this IServiceCollection services)
    {
        services.AddSingleton<AppInvoker>();
        if (services.Any(service => service.ImplementationInstance is SidecarOptions { AppPort: not null }))
        {
            services.AddSingleton<IAppChannel, AppChannel>();
        }

        return services;
    }
}
