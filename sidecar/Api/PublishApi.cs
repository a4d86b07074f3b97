using Sidecar.Components;
using Sidecar.Components.PubSub;
using Sidecar.Host;
using Sidecar.Http.Errors;
using Sidecar.Metrics;
using Sidecar.PubSub.Publishing;
using Sidecar.Resiliency;
using Sidecar.Tracing;

namespace Sidecar.Api;

/// <param name="Metadata">Of this entry alone; what it leaves out comes from the request.</param>
internal sealed record BulkEntry(string EntryId, ReadOnlyMemory<byte> Event, string ContentType, IReadOnlyDictionary<string, string> Metadata);

internal sealed record FailedEntry(string EntryId, string Error);

/// <summary>Publishing, whichever protocol asks for it (dapr-contract.md 5.1).</summary>
internal sealed class PublishApi(
    SidecarOptions options, ComponentRegistry components, EventPublisher publisher, SidecarMetrics metrics, TimeProvider clock)
{
    public string AppId => options.AppId;

    /// <summary>What can be said before there is anything to publish.</summary>
    public ApiError? Refuse(string pubSub, string topic, IReadOnlyDictionary<string, string> metadata)
    {
        if (!components.HasAny<IPubSub>())
        {
            return PubSubErrors.NotConfigured(pubSub, metadata);
        }

        if (pubSub.Length == 0)
        {
            return PubSubErrors.NameEmpty(metadata);
        }

        if (components.PubSub(pubSub) is null)
        {
            return PubSubErrors.NotFound(pubSub, metadata);
        }

        return topic.Length == 0 ? PubSubErrors.TopicEmpty(pubSub, metadata) : null;
    }

    public async Task<ApiError?> PublishAsync(
        string pubSub,
        string topic,
        ReadOnlyMemory<byte> data,
        string? contentType,
        IReadOnlyDictionary<string, string> metadata,
        TraceContext trace,
        CancellationToken cancellationToken)
    {
        if (!PublishMetadata.TryGetRawPayload(metadata, out var isRaw, out var why))
        {
            return PubSubErrors.Metadata(pubSub, why, metadata);
        }

        try
        {
            var message = isRaw ? data : publisher.Wrap(pubSub, topic, data, contentType, metadata, trace);
            await publisher.PublishRawAsync(pubSub, topic, message, metadata, cancellationToken);
            return null;
        }
        catch (CloudEventException exception)
        {
            return PubSubErrors.NoCloudEvent(pubSub, options.AppId, exception.Message);
        }
        catch (TopicForbiddenException)
        {
            return PubSubErrors.Forbidden(pubSub, topic, options.AppId);
        }
        catch (Exception exception) when (IsBrokers(exception))
        {
            return PubSubErrors.NotPublished(pubSub, topic, exception.Message);
        }
    }

    /// <summary>
    /// The entries that were not published, the others were. An error: none was. They are begun in their order, and none waits for the broker's
    /// answer to the one before: a driver that writes by the batch has them in one.
    /// </summary>
    public async Task<ApiAnswer<IReadOnlyList<FailedEntry>>> PublishManyAsync(
        string pubSub,
        string topic,
        IReadOnlyList<BulkEntry> entries,
        IReadOnlyDictionary<string, string> metadata,
        TraceContext trace,
        CancellationToken cancellationToken)
    {
        if (RefuseMany(pubSub, topic, entries, metadata, out var isRaw) is { } refusal)
        {
            return ApiAnswer<IReadOnlyList<FailedEntry>>.Failed(refusal);
        }

        var messages = new List<(BulkEntry Entry, ReadOnlyMemory<byte> Data, IReadOnlyDictionary<string, string> Metadata)>();
        try
        {
            foreach (var entry in entries)
            {
                var own = Merge(metadata, entry.Metadata);
                messages.Add((entry, isRaw ? entry.Event : publisher.Wrap(pubSub, topic, entry.Event, entry.ContentType, own, trace), own));
            }
        }
        catch (CloudEventException exception)
        {
            return ApiAnswer<IReadOnlyList<FailedEntry>>.Failed(PubSubErrors.NoCloudEvent(pubSub, options.AppId, exception.Message));
        }

        var started = clock.GetTimestamp();
        var outcomes = await Task.WhenAll(messages.Select(message => TryPublishAsync(pubSub, topic, message.Entry, message.Data, message.Metadata, cancellationToken)));
        List<FailedEntry> failed = [.. outcomes.OfType<FailedEntry>()];
        metrics.PubSub.BulkPublished(pubSub, topic, failed.Count == 0, messages.Count - failed.Count, clock.GetElapsedTime(started));
        return ApiAnswer<IReadOnlyList<FailedEntry>>.Of(failed);
    }

    /// <returns>Null: published.</returns>
    private async Task<FailedEntry?> TryPublishAsync(
        string pubSub, string topic, BulkEntry entry, ReadOnlyMemory<byte> data, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        try
        {
            await publisher.PublishRawAsync(pubSub, topic, data, metadata, cancellationToken, isOneOfMany: true);
            return null;
        }
        catch (Exception exception) when (IsBrokers(exception))
        {
            return new FailedEntry(entry.EntryId, exception.Message);
        }
    }

    private ApiError? RefuseMany(
        string pubSub, string topic, IReadOnlyList<BulkEntry> entries, IReadOnlyDictionary<string, string> metadata, out bool isRaw)
    {
        if (!PublishMetadata.TryGetRawPayload(metadata, out isRaw, out var why))
        {
            return PubSubErrors.Metadata(pubSub, why, metadata);
        }

        var ids = new HashSet<string>(StringComparer.Ordinal);
        if (!entries.All(entry => entry.EntryId.Length > 0 && ids.Add(entry.EntryId)))
        {
            return PubSubErrors.EventsNotMarshalled(pubSub, topic, options.AppId, "entryId is duplicated or not present for entry");
        }

        return components.Find(pubSub) is { } component && publisher.ScopesOf(component).MayPublish(topic)
            ? null
            : PubSubErrors.Forbidden(pubSub, topic, options.AppId);
    }

    private static bool IsBrokers(Exception exception) => exception is ComponentException or TimeoutException or CircuitBreakerOpenException;

    private static IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string> request, IReadOnlyDictionary<string, string> entry)
    {
        if (entry.Count == 0)
        {
            return request;
        }

        var merged = new Dictionary<string, string>(request, StringComparer.Ordinal);
        foreach (var (name, value) in entry)
        {
            merged[name] = value;
        }

        return merged;
    }
}
