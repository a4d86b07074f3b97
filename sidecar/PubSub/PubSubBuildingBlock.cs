namespace Sidecar.PubSub;

internal static class PubSubBuildingBlock
{
    public static IServiceCollection AddPubSub(this IServiceCollection services) => services;
}
