namespace Sidecar.Host;

/// <summary>What holds on to components for longer than a call: subscriptions and the like.</summary>
internal interface IComponentUser
{
    /// <summary>
    /// Components or subscriptions have changed: lets go of what is gone or replaced, after what it has in hand, and begins
    /// with what is there now. Throws what a driver throws when it cannot, and is called again later; calls do not overlap.
    /// </summary>
    Task SettleAsync(CancellationToken cancellationToken);
}

internal static class ComponentUserServices
{
    /// <summary>For what exists only in a sidecar that has an app.</summary>
    public static IServiceCollection AddUserForApp<T>(this IServiceCollection services)
        where T : class, IComponentUser =>
        services.Any(service => service.ImplementationInstance is SidecarOptions { AppPort: not null })
            ? services.AddSingleton<IComponentUser>(provider => provider.GetRequiredService<T>())
            : services;
}
