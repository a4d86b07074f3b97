#nullable disable
namespace Dapr.AspNetCore;

/// <summary>What became of the messages of a batch. One that is not named comes again.</summary>
public class BulkSubscribeAppResponse(List<BulkSubscribeAppResponseEntry> statuses)
{
    /// <summary>One status for each message.</summary>
    public List<BulkSubscribeAppResponseEntry> Statuses { get; } = statuses;
}
