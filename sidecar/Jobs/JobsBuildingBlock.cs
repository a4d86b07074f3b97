using Sidecar.Grpc.Callbacks;
using Sidecar.Host;

namespace Sidecar.Jobs;

internal static class JobsBuildingBlock
{
    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.AddSingleton<JobStore>();
        services.AddSingleton<IJobApp>(provider => provider.GetRequiredService<SidecarOptions>() is { AppSpeaksGrpc: true, AppPort: not null }
            ? ActivatorUtilities.CreateInstance<GrpcJobApp>(provider)
            : ActivatorUtilities.CreateInstance<HttpJobApp>(provider));
        services.AddSingleton<JobRunner>();
        services.AddSingleton<IAppLifecycle>(provider => provider.GetRequiredService<JobRunner>());
        return services;
    }
}
