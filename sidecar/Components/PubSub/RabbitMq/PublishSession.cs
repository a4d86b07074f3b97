using System.Collections.Concurrent;
using RabbitMQ.Client;
using Sidecar.Clients.RabbitMq;

namespace Sidecar.Components.PubSub.RabbitMq;

/// <summary>A channel to publish on, and what was declared since it was opened: whatever closed the last one may have deleted it.</summary>
internal sealed class PublishSession(IConnection connection, PublishChannel channel, TimeProvider clock)
{
    private static readonly TimeSpan DeclareLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Lazy<Task>> _declared = new(StringComparer.Ordinal);

    public PublishChannel Channel { get; } = channel;

    public bool IsOpen => Channel.IsOpen && connection.IsOpen;

    /// <summary>Once for all who publish to the topic. Throws <see cref="ComponentException"/> or <see cref="ChannelLostException"/>.</summary>
    public async Task DeclareAsync(RabbitMqTopology topology, string topic)
    {
        var key = topology.KeyOf(topic);
        var declaration = _declared.GetOrAdd(key, _ => new Lazy<Task>(() => DeclareNowAsync(topology, topic)));
        try
        {
            await declaration.Value;
        }
        catch
        {
            _declared.TryRemove(KeyValuePair.Create(key, declaration));
            throw;
        }
    }

    /// <summary>Something that was declared is gone: declares again before the next message.</summary>
    public void Forget() => _declared.Clear();

    // On a channel of its own: the broker closes the channel over a refused declaration.
    private async Task DeclareNowAsync(RabbitMqTopology topology, string topic)
    {
        using var limit = new CancellationTokenSource(DeclareLimit, clock);
        try
        {
            await using var declaring = await connection.CreateChannelAsync(null, limit.Token);
            await topology.DeclareTopicAsync(declaring, topic, limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"the message was not sent, topic '{topic}' could not be declared");
        }
        catch (Exception failure) when (ChannelLostException.IsMeantBy(failure))
        {
            throw new ChannelLostException($"rabbitmq: topic '{topic}' could not be declared: {failure.Message}", inner: failure);
        }
    }
}
