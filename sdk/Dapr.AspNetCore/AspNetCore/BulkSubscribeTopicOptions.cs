#nullable disable
namespace Dapr.AspNetCore;

/// <summary>In what batches the messages of a topic come.</summary>
public class BulkSubscribeTopicOptions
{
    /// <summary>The most messages in a batch.</summary>
    public int MaxMessagesCount { get; set; } = 100;

    /// <summary>How long a batch waits for more messages, in milliseconds.</summary>
    public int MaxAwaitDurationMs { get; set; } = 1000;

    /// <summary>The topic of the endpoint that this is about.</summary>
    public string TopicName { get; set; }
}
