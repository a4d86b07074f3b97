namespace Sidecar.Invocation;

internal static class InvocationBuildingBlock
{
    public static IServiceCollection AddInvocation(this IServiceCollection services) => services;
}
