using Sidecar.Grpc.Callbacks;
using Sidecar.Host;

namespace Sidecar.Bindings;

internal static class BindingsBuildingBlock
{
    public static IServiceCollection AddBindings(this IServiceCollection services)
    {
        services.AddSingleton<IBindingApp>(provider => provider.GetRequiredService<SidecarOptions>().AppSpeaksGrpc
            ? ActivatorUtilities.CreateInstance<GrpcBindingApp>(provider)
            : ActivatorUtilities.CreateInstance<HttpBindingApp>(provider));
        return services.AddSingleton<IAppLifecycle, InputBindings>();
    }
}
