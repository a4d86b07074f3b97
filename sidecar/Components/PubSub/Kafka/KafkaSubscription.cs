namespace Sidecar.Components.PubSub.Kafka;

/// <summary>A topic of one member of a consumer group, and the handler of its records.</summary>
internal sealed class KafkaSubscription(string topic, int gathers, MessageHandler handler, GroupMember member) : IAsyncDisposable
{
    private readonly Lazy<Task> _ending = new(() => member.LeaveAsync(topic));
    private volatile bool _isEnding;

    public string Topic => topic;

    public int Gathers => gathers;

    public MessageHandler Handler => handler;

    /// <summary>From here on records of the topic begin no more.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>Returns when the records in hand are finished and the group is told.</summary>
    public async ValueTask DisposeAsync()
    {
        _isEnding = true;
        await _ending.Value;
    }
}
