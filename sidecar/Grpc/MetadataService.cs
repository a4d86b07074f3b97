using Google.Protobuf.WellKnownTypes;
using Sidecar.Configuration;
using Sidecar.Grpc.DaprApi;
using Sidecar.Host;
using Sidecar.Http;

namespace Sidecar.Grpc;

/// <summary>Metadata over gRPC (dapr-contract.md 1.8). Answers before the app is up: clients wait for the sidecar with it.</summary>
internal sealed class MetadataService(MetadataSource source) : IGrpcService
{
    public IReadOnlyList<GrpcMethod> Methods =>
    [
        DaprService.Unary("GetMetadata", GetMetadataRequest.Parser, (_, _) => Task.FromResult(Get())),
        DaprService.Unary("SetMetadata", SetMetadataRequest.Parser, (request, _) => Task.FromResult(Set(request))),
    ];

    private Empty Set(SetMetadataRequest request)
    {
        source.Extended.Set(request.Key, request.Value);
        return new Empty();
    }

    private GetMetadataResponse Get() => new()
    {
        Id = source.Options.AppId,
        RuntimeVersion = RuntimeVersion.Dapr,
        EnabledFeatures = { source.Resources.Configuration.Features.Where(pair => pair.Value).Select(pair => pair.Key) },
        RegisteredComponents =
        {
            source.Components.All.OrderBy(component => component.Spec.Name, StringComparer.Ordinal).Select(component => new RegisteredComponents
            {
                Name = component.Spec.Name,
                Type = component.Spec.Type,
                Version = component.Spec.Version,
                Capabilities = { MetadataReply.Capabilities(component.Instance) },
            }),
        },
        ExtendedMetadata = { source.Extended.All.ToDictionary() },
        Subscriptions = { source.Subscriptions.All.Select(ToMessage) },
        HttpEndpoints = { source.Resources.HttpEndpoints.Select(endpoint => new MetadataHTTPEndpoint { Name = endpoint.Name }) },
        AppConnectionProperties = AppConnection(source.Options),
        ActiveActorsCount = { ActiveActors() },
        ActorRuntime = ToMessage(source.Actors.Status),
        Workflows = new MetadataWorkflows { ConnectedWorkers = source.Workflows.Dispatcher.ConnectedWorkers },
        Resiliencies = { source.Resources.Resiliency.Names.Select(name => new MetadataResiliency { Name = name }) },
    };

    private IEnumerable<ActiveActorsCount> ActiveActors() =>
        source.Actors.Counts.Select(entry => new ActiveActorsCount { Type = entry.Type, Count = entry.Count });

    private DaprApi.ActorRuntime ToMessage(Actors.ActorRuntimeStatus status) => new()
    {
        RuntimeStatus = status switch
        {
            Actors.ActorRuntimeStatus.Running => DaprApi.ActorRuntime.Types.ActorRuntimeStatus.Running,
            Actors.ActorRuntimeStatus.Initializing => DaprApi.ActorRuntime.Types.ActorRuntimeStatus.Initializing,
            _ => DaprApi.ActorRuntime.Types.ActorRuntimeStatus.Disabled,
        },
        ActiveActors = { ActiveActors() },
        HostReady = status == Actors.ActorRuntimeStatus.Running,
        Placement = MetadataReply.Placement(status) ?? "",
    };

    private static PubsubSubscription ToMessage(ActiveSubscription subscription) => new()
    {
        PubsubName = subscription.PubsubName,
        Topic = subscription.Topic,
        Metadata = { subscription.Metadata.ToDictionary() },
        Rules = new PubsubSubscriptionRules
        {
            Rules = { subscription.Rules.Select(rule => new PubsubSubscriptionRule { Match = rule.Match, Path = rule.Path }) },
        },
        DeadLetterTopic = subscription.DeadLetterTopic ?? "",
        Type = subscription.Type switch
        {
            "DECLARATIVE" => PubsubSubscriptionType.Declarative,
            "PROGRAMMATIC" => PubsubSubscriptionType.Programmatic,
            "STREAMING" => PubsubSubscriptionType.Streaming,
            _ => PubsubSubscriptionType.Unknown,
        },
    };

    private static AppConnectionProperties? AppConnection(SidecarOptions options) => options.AppPort is not { } port ? null : new()
    {
        Port = port,
        Protocol = options.AppProtocol,
        ChannelAddress = options.AppChannelAddress,
        MaxConcurrency = options.AppMaxConcurrency,
        Health = !options.EnableAppHealthCheck ? null : new AppConnectionHealthProperties
        {
            HealthCheckPath = options.AppHealthCheckPath,
            HealthProbeInterval = GoDuration.Format(options.AppHealthProbeInterval),
            HealthProbeTimeout = GoDuration.Format(options.AppHealthProbeTimeout),
            HealthThreshold = options.AppHealthThreshold,
        },
    };
}
