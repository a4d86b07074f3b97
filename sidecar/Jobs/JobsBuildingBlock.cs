using Sidecar.Host;

namespace Sidecar.Jobs;

internal static class JobsBuildingBlock
{
    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.AddSingleton<JobStore>();
        services.AddSingleton<JobApp>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton<IAppLifecycle>(provider => provider.GetRequiredService<JobRunner>());
        return services;
    }
}
