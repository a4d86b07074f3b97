using Sidecar.Grpc.Callbacks;
using Sidecar.Host;
using Sidecar.PubSub.Outbox;
using Sidecar.PubSub.Publishing;
using Sidecar.PubSub.Subscriptions;

namespace Sidecar.PubSub;

internal static class PubSubBuildingBlock
{
    public static IServiceCollection AddPubSub(this IServiceCollection services)
    {
        services.AddSingleton<EventPublisher>();
        services.AddSingleton<StreamingSubscriptions>();
        services.AddSingleton<IAppTopics>(provider => provider.GetRequiredService<SidecarOptions>().AppSpeaksGrpc
            ? ActivatorUtilities.CreateInstance<GrpcAppTopics>(provider)
            : ActivatorUtilities.CreateInstance<HttpAppTopics>(provider));
        services.AddSingleton<DeclaredSubscriptions>();
        services.AddSingleton<AppSubscriptions>();
        services.AddSingleton<IAppLifecycle>(provider => provider.GetRequiredService<AppSubscriptions>());
        services.AddUserForApp<AppSubscriptions>();
        services.AddSingleton<IComponentUser>(provider => provider.GetRequiredService<StreamingSubscriptions>());
        services.AddSingleton<TransactionalOutbox>();
        services.AddSingleton<OutboxRelay>();
        services.AddHostedService(provider => provider.GetRequiredService<OutboxRelay>());
        services.AddSingleton<IComponentUser>(provider => provider.GetRequiredService<OutboxRelay>());
        return services;
    }
}
