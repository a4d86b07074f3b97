using System.Text.Json;

namespace Dapr.Client.Http;

/// <summary><c>POST /v1.0/publish/{pubsub}/{topic}?metadata.name=value</c>, body and content type as given.</summary>
internal sealed class PublishApi(SidecarApi api)
{
    public const string Json = "application/json";
    private const string CloudEvents = "application/cloudevents+json";

    public Task PublishAsync<TData>(
        string pubsubName, string topicName, TData data, Dictionary<string, string>? metadata, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(data);
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(data, api.Json));
        return PostAsync(pubsubName, topicName, content, data is CloudEvent ? CloudEvents : Json, metadata, cancellationToken);
    }

    public Task PublishAsync(
        string pubsubName, string topicName, ReadOnlyMemory<byte> data, string contentType, Dictionary<string, string>? metadata, CancellationToken cancellationToken) =>
        PostAsync(pubsubName, topicName, new ReadOnlyMemoryContent(data), contentType, metadata, cancellationToken);

    public Task PublishAsync(string pubsubName, string topicName, Dictionary<string, string>? metadata, CancellationToken cancellationToken) =>
        PostAsync(pubsubName, topicName, null, null, metadata, cancellationToken);

    private Task PostAsync(
        string pubsubName, string topicName, HttpContent? content, string? contentType, Dictionary<string, string>? metadata, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(pubsubName);
        ArgumentException.ThrowIfNullOrEmpty(topicName);
        if (contentType is not null)
        {
            content?.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        var path = SidecarPath.To("/v1.0/publish").Segment(pubsubName).Segments(topicName).Metadata(metadata);
        return api.SendAsync(new("Publishing to topic", topicName), api.Request(HttpMethod.Post, path, content), cancellationToken);
    }
}
