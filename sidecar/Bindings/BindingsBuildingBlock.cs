using Sidecar.Host;

namespace Sidecar.Bindings;

internal static class BindingsBuildingBlock
{
    public static IServiceCollection AddBindings(this IServiceCollection services) => services.AddSingleton<IAppLifecycle, InputBindings>();
}
