namespace Sidecar.Configuration;

/// <param name="Protocol">http or grpc.</param>
internal sealed record OtelSpec(string Protocol, string EndpointAddress, bool IsSecure, IReadOnlyDictionary<string, string> Headers, TimeSpan? Timeout);

/// <param name="SamplingRate">As written: absent, a number and anything else mean three different things (dapr-contract.md 13).</param>
internal sealed record TracingSpec(string? SamplingRate, bool Stdout, OtelSpec? Otel);

/// <summary>Where sidecars of other processes are looked for (dapr-contract.md 7.3).</summary>
internal sealed record NameResolutionSpec
{
    /// <summary>The file that sidecars share; null: the user's own.</summary>
    public string? ConnectionString { get; init; }

    public string TableName { get; init; } = "hosts";

    public TimeSpan UpdateInterval { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>The files given by --config, merged member by member: the later one wins (dapr-contract.md 3.5).</summary>
internal sealed record ConfigurationSpec
{
    public TracingSpec? Tracing { get; init; }

    /// <summary>Null: no file says.</summary>
    public NameResolutionSpec? NameResolution { get; init; }

    /// <summary>Null: nothing is restricted.</summary>
    public AccessControlSpec? AccessControl { get; init; }

    /// <summary>Feature name to on or off, as far as a file says.</summary>
    public IReadOnlyDictionary<string, bool> Features { get; init; } = new Dictionary<string, bool>();

    /// <summary>Null: no file says; the flag decides.</summary>
    public bool? ApiLogging { get; init; }

    public bool LogsApi(Host.SidecarOptions options) => options.EnableApiLogging || ApiLogging == true;

    public bool OmitHealthChecksFromApiLog { get; init; }

    /// <summary>workflow.maxConcurrentWorkflowInvocations and .maxConcurrentActivityInvocations; null: unlimited.</summary>
    public int? MaxConcurrentWorkflows { get; init; }

    public int? MaxConcurrentActivities { get; init; }

    /// <summary>workflow.stateRetentionPolicy.</summary>
    public Workflows.RetentionPolicy WorkflowRetention { get; init; } = Workflows.RetentionPolicy.Forever;

    /// <summary>At most one per store; a store without one is open.</summary>
    public IReadOnlyList<SecretScope> SecretScopes { get; init; } = [];

    /// <summary>Steps before the HTTP API, in their order.</summary>
    public IReadOnlyList<PipelineHandler> HttpPipeline { get; init; } = [];

    /// <summary>Steps before the app, in their order.</summary>
    public IReadOnlyList<PipelineHandler> AppHttpPipeline { get; init; } = [];

    public MetricsSpec Metrics { get; init; } = MetricsSpec.Default;

    public ApiAccessSpec Api { get; init; } = ApiAccessSpec.Open;
}
