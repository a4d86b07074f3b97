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
        services.AddSingleton<InputBindings>();
        services.AddSingleton<IAppLifecycle>(provider => provider.GetRequiredService<InputBindings>());
        return services.AddUserForApp<InputBindings>();
    }
}
