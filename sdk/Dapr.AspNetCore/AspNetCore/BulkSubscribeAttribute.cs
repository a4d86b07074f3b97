#nullable disable
namespace Dapr.AspNetCore;

/// <summary>Asks for the messages of a topic that the endpoint subscribes to in batches.</summary>
[AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
public class BulkSubscribeAttribute : Attribute, IBulkSubscribeMetadata
{
    /// <summary>Batches of so many messages at most, each of which waits so long for more, in milliseconds.</summary>
    public BulkSubscribeAttribute(string topicName, int maxMessagesCount, int maxAwaitDurationMs)
        : this(topicName, maxMessagesCount) => MaxAwaitDurationMs = maxAwaitDurationMs;

    /// <summary>Batches of so many messages at most, each of which waits a second for more.</summary>
    public BulkSubscribeAttribute(string topicName, int maxMessagesCount)
        : this(topicName) => MaxMessagesCount = maxMessagesCount;

    /// <summary>Batches of a hundred messages at most, each of which waits a second for more.</summary>
    public BulkSubscribeAttribute(string topicName) => TopicName = topicName;

    /// <inheritdoc />
    public int MaxMessagesCount { get; } = 100;

    /// <inheritdoc />
    public int MaxAwaitDurationMs { get; } = 1000;

    /// <inheritdoc />
    public string TopicName { get; }
}
