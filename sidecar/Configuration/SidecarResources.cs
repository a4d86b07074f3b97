namespace Sidecar.Configuration;

/// <summary>Everything one sidecar was told by its resource folders and --config files, already limited to what is meant for it.</summary>
/// <param name="Warnings">Members that are ignored and the like; logged at the start.</param>
internal sealed record SidecarResources(
    IReadOnlyList<ComponentDocument> Components,
    IReadOnlyList<SubscriptionSpec> Subscriptions,
    ResiliencySpec Resiliency,
    ConfigurationSpec Configuration,
    IReadOnlyList<ConfigurationError> Warnings)
{
    public IReadOnlyList<HttpEndpointDocument> HttpEndpoints { get; init; } = [];

    /// <summary>What is read once, at the start, by its kind: the content of all documents, to tell whether it has changed since.</summary>
    public IReadOnlyDictionary<string, string> ReadOnce { get; init; } = new Dictionary<string, string>();
}
