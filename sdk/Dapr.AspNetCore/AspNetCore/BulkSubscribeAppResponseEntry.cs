#nullable disable
namespace Dapr.AspNetCore;

/// <summary>What became of one message of a batch.</summary>
public class BulkSubscribeAppResponseEntry(string entryId, BulkSubscribeAppResponseStatus status)
{
    /// <summary>The message, by <see cref="BulkSubscribeMessageEntry{TValue}.EntryId"/>.</summary>
    public string EntryId { get; } = entryId;

    /// <summary>The name of a <see cref="BulkSubscribeAppResponseStatus"/>, as it goes over the wire.</summary>
    public string Status { get; } = status.ToString();
}
