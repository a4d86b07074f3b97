using Sidecar.AccessControl;
using Sidecar.Grpc.Callbacks;
using Sidecar.Host;
using Sidecar.NameResolution;

namespace Sidecar.Invocation;

internal static class InvocationBuildingBlock
{
    public static IServiceCollection AddInvocation(this IServiceCollection services)
    {
        services.AddSingleton<HttpEndpoints>();
        services.AddSingleton<PeerClient>();
        services.AddSingleton<Peers>();
        services.AddSingleton<AccessList>();
        services.AddSingleton<AppInvoker>();
        if (services.Any(service => service.ImplementationInstance is SidecarOptions { AppPort: not null }))
        {
            services.AddSingleton<AppChannel>();
            services.AddSingleton<AppCallback>();
            services.AddSingleton<IAppChannel>(provider => provider.GetRequiredService<SidecarOptions>().AppSpeaksGrpc
                ? ActivatorUtilities.CreateInstance<OnInvokeChannel>(provider)
                : provider.GetRequiredService<AppChannel>());
            services.AddSingleton<LocalApp>();
        }

        return services;
    }
}
