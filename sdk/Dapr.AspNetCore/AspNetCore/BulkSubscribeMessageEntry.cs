#nullable disable
namespace Dapr.AspNetCore;

/// <summary>A message of a batch.</summary>
/// <typeparam name="TValue">What the message is read as.</typeparam>
public class BulkSubscribeMessageEntry<TValue>
{
    /// <summary>A message that is filled in afterwards.</summary>
    public BulkSubscribeMessageEntry()
    {
    }

    /// <summary>A message.</summary>
    public BulkSubscribeMessageEntry(string entryId, string contentType, Dictionary<string, string> metadata, TValue eventData)
    {
        EntryId = entryId;
        ContentType = contentType;
        Metadata = metadata;
        Event = eventData;
    }

    /// <summary>Tells the message apart within the batch; the answer names it.</summary>
    public string EntryId { get; set; }

    /// <summary>The content type of <see cref="Event"/>.</summary>
    public string ContentType { get; set; }

    /// <summary>What the broker says about the message.</summary>
    public Dictionary<string, string> Metadata { get; set; }

    /// <summary>The message.</summary>
    public TValue Event { get; set; }
}
