#nullable disable
namespace Dapr.AspNetCore;

/// <summary>Asks for the messages of a topic in batches.</summary>
public interface IBulkSubscribeMetadata
{
    /// <summary>The most messages in a batch.</summary>
    int MaxMessagesCount { get; }

    /// <summary>How long a batch waits for more messages, in milliseconds.</summary>
    int MaxAwaitDurationMs { get; }

    /// <summary>The topic of the endpoint that this is about.</summary>
    string TopicName { get; }
}
