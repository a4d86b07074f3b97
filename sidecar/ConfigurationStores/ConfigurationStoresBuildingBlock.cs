using Sidecar.Host;

namespace Sidecar.ConfigurationStores;

internal static class ConfigurationStoresBuildingBlock
{
    /// <summary>Before the other parts that feed the app: one that cannot start must not keep updates from it.</summary>
    public static IServiceCollection AddConfigurationStores(this IServiceCollection services)
    {
        services.AddSingleton<ConfigurationSubscriptions>();
        services.AddSingleton<IAppLifecycle>(provider => provider.GetRequiredService<ConfigurationSubscriptions>());
        services.AddSingleton<IComponentUser>(provider => provider.GetRequiredService<ConfigurationSubscriptions>());
        return services;
    }
}
