namespace Dapr.Client;

public abstract partial class DaprClient
{
    /// <summary>Publishes data as JSON; a <see cref="CloudEvent"/> is published as the envelope it is.</summary>
    public abstract Task PublishEventAsync<TData>(
        string pubsubName,
        string topicName,
        TData data,
        CancellationToken cancellationToken = default);

    /// <summary>Publishes data as JSON, with metadata such as <c>ttlInSeconds</c> or <c>rawPayload</c>.</summary>
    public abstract Task PublishEventAsync<TData>(
        string pubsubName,
        string topicName,
        TData data,
        Dictionary<string, string> metadata,
        CancellationToken cancellationToken = default);

    /// <summary>Publishes an event without data.</summary>
    public abstract Task PublishEventAsync(
        string pubsubName,
        string topicName,
        CancellationToken cancellationToken = default);

    /// <summary>Publishes an event without data, with metadata.</summary>
    public abstract Task PublishEventAsync(
        string pubsubName,
        string topicName,
        Dictionary<string, string> metadata,
        CancellationToken cancellationToken = default);

    /// <summary>Publishes bytes of the given content type.</summary>
    public abstract Task PublishByteEventAsync(
        string pubsubName,
        string topicName,
        ReadOnlyMemory<byte> data,
        string dataContentType = "application/json",
        Dictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);
}
