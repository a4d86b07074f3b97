using Sidecar.Actors.Hosting;
using Sidecar.Actors.Placement;
using Sidecar.Actors.Reminders;
using Sidecar.Actors.Timers;
using Sidecar.Components;
using Sidecar.Host;

namespace Sidecar.Actors;

internal static class ActorsBuildingBlock
{
    public static IServiceCollection AddActors(this IServiceCollection services)
    {
        services.AddSingleton(provider => new MembershipStore(
            MembershipStore.KeyOfActors(provider.GetRequiredService<SidecarOptions>().Namespace), provider.GetRequiredService<ComponentRegistry>()));
        services.AddSingleton<RemoteActors>();
        services.AddSingleton<StorePlacement>();
        services.AddSingleton<IActorPlacement>(provider =>
            provider.GetRequiredService<SidecarProcess>().Actors ?? (IActorPlacement)provider.GetRequiredService<StorePlacement>());
        services.AddSingleton<ActorApp>();
        services.AddSingleton<ActiveActors>();
        services.AddSingleton<ActorState>();
        services.AddSingleton<ActorTimers>();
        services.AddSingleton<ReminderStore>();
        services.AddSingleton<ReminderSchedule>();
        services.AddSingleton<ActorRuntime>();
        services.AddSingleton<ActorRouter>();

        // The last to start and so the last to stop: what feeds the app may call actors until it has ended.
        services.AddSingleton<IAppLifecycle>(provider => provider.GetRequiredService<ActorRuntime>());
        return services;
    }
}
