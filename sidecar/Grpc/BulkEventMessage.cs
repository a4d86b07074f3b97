using System.Text.Json;
using Google.Protobuf;
using Sidecar.Grpc.DaprApi;
using Sidecar.PubSub.Delivery;
using Sidecar.PubSub.Subscriptions;

namespace Sidecar.Grpc;

/// <summary>A batch as the gRPC API tells it (dapr-contract.md 5.6): CloudEvents as messages, raw ones as bytes.</summary>
internal static class BulkEventMessage
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1_000 };

    /// <param name="untold">Entries whose event cannot be told as a message, and why. They are left out of it.</param>
    public static TopicEventBulkRequest Of(
        string id, Subscription subscription, IReadOnlyList<BatchEntry> batch, string path, out IReadOnlyDictionary<string, string> untold)
    {
        var message = new TopicEventBulkRequest
        {
            Id = id,
            Topic = subscription.Topic,
            PubsubName = subscription.PubSub,
            Type = BatchEnvelope.Type,
            Path = path,
            Metadata = { ["pubsubName"] = subscription.PubSub },
        };
        var failures = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in batch)
        {
            try
            {
                message.Entries.Add(Of(entry, subscription.IsRaw));
            }
            catch (InvalidOperationException notUnicode)
            {
                failures[entry.Id] = notUnicode.Message;
            }
        }

        untold = failures;
        return message;
    }

    private static TopicEventBulkRequestEntry Of(BatchEntry entry, bool isRaw)
    {
        var message = new TopicEventBulkRequestEntry { EntryId = entry.Id, ContentType = BatchEnvelope.ContentType(entry, isRaw) };
        foreach (var (name, value) in entry.Message.Metadata)
        {
            message.Metadata[name] = value;
        }

        if (isRaw)
        {
            message.Bytes = UnsafeByteOperations.UnsafeWrap(entry.Message.Data);
            return message;
        }

        // Parsed again: what was parsed for the route is gone when the driver has given the event up.
        using var document = JsonDocument.Parse(entry.Body, Deep);
        var told = TopicEventMessage.Of(document.RootElement, "", "", "");
        message.CloudEvent = new TopicEventCERequest
        {
            Id = told.Id,
            Source = told.Source,
            Type = told.Type,
            SpecVersion = told.SpecVersion,
            DataContentType = told.DataContentType,
            Data = told.Data,
            Extensions = told.Extensions,
        };
        return message;
    }
}
