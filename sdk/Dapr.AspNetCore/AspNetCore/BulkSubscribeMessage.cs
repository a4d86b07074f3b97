#nullable disable
namespace Dapr.AspNetCore;

/// <summary>A batch of messages of one topic, as an endpoint takes it.</summary>
/// <typeparam name="TValue"><see cref="BulkMessageModel{TValue}"/> for CloudEvents; for raw payloads what their base64 text is read as.</typeparam>
public class BulkSubscribeMessage<TValue>
{
    /// <summary>A batch that is filled in afterwards.</summary>
    public BulkSubscribeMessage()
    {
    }

    /// <summary>A batch.</summary>
    public BulkSubscribeMessage(List<BulkSubscribeMessageEntry<TValue>> entries, string topic, Dictionary<string, string> metadata)
    {
        Entries = entries;
        Topic = topic;
        Metadata = metadata;
    }

    /// <summary>The messages, in the broker's order.</summary>
    public List<BulkSubscribeMessageEntry<TValue>> Entries { get; set; }

    /// <summary>The topic.</summary>
    public string Topic { get; set; }

    /// <summary>Metadata of the batch as a whole.</summary>
    public Dictionary<string, string> Metadata { get; set; }
}
