using Sidecar.AccessControl;
using Sidecar.Grpc.Callbacks;
using Sidecar.Host;
using Sidecar.NameResolution;
using Sidecar.Pipelines;

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
            services.AddSingleton<IAppChannel>(ChannelOf);
            services.AddSingleton<LocalApp>();
        }

        return services;
    }

    private static IAppChannel ChannelOf(IServiceProvider services)
    {
        if (services.GetRequiredService<SidecarOptions>().AppSpeaksGrpc)
        {
            // HTTP middleware has nothing to say to an app that speaks gRPC.
            return ActivatorUtilities.CreateInstance<OnInvokeChannel>(services);
        }

        var channel = services.GetRequiredService<AppChannel>();
        return services.GetRequiredService<HttpPipelines>() is { App.Count: > 0 } pipelines ? new AppPipeline(channel, pipelines) : channel;
    }
}
