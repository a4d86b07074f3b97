using Sidecar.Configuration;
using Sidecar.Grpc;
using Sidecar.Grpc.Proxy;
using Sidecar.Http;

namespace Sidecar.Api;

internal static class ApiServices
{
    /// <summary>The operations of the building blocks, and their methods of Dapr's gRPC service.</summary>
    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.AddSingleton(provider => new ApiAccess(provider.GetRequiredService<SidecarResources>().Configuration.Api));
        services.AddSingleton<StateApi>();
        services.AddSingleton<IGrpcService, StateService>();
        services.AddSingleton<PublishApi>();
        services.AddSingleton<IGrpcService, PublishService>();
        services.AddSingleton<IGrpcService, TopicStreamService>();
        services.AddSingleton<LockApi>();
        services.AddSingleton<IGrpcService, LockService>();
        services.AddSingleton<BindingApi>();
        services.AddSingleton<IGrpcService, BindingService>();
        services.AddSingleton<SecretApi>();
        services.AddSingleton<IGrpcService, SecretService>();
        services.AddSingleton<ConfigurationApi>();
        services.AddSingleton<IGrpcService, ConfigurationService>();
        services.AddSingleton<MetadataSource>();
        services.AddSingleton<IGrpcService, MetadataService>();
        services.AddSingleton<IGrpcService, ShutdownService>();
        services.AddSingleton<WorkflowApi>();
        services.AddSingleton<IGrpcService, WorkflowService>();
        services.AddSingleton<IGrpcService, InvokeService>();
        services.AddSingleton<IGrpcService, ActorService>();
        services.AddSingleton<IGrpcService, ActorReminderService>();
        services.AddSingleton<IGrpcService, ActorTimerService>();
        services.AddSingleton<JobsApi>();
        services.AddSingleton<IGrpcService, JobService>();
        services.AddSingleton<IGrpcService, UnservedService>();
        services.AddSingleton<GrpcProxy>();
        return services;
    }
}
