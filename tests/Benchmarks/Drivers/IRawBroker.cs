namespace DaprShop.Benchmarks.Drivers;

/// <summary>A broker through its own client: a topic, and one consumer group that shares what is published to it.</summary>
internal interface IRawBroker : IAsyncDisposable
{
    /// <summary>Makes the topic, so that it keeps what is published while nobody consumes.</summary>
    Task PrepareAsync(string topic);

    /// <summary>Completes when the broker has the message.</summary>
    Task PublishAsync(string topic, byte[] data);

    /// <summary>Every message is acknowledged after the handler returns.</summary>
    Task SubscribeAsync(string topic, Action<ReadOnlyMemory<byte>> handler);

    /// <summary>Drops what the topic holds.</summary>
    Task CleanAsync(string topic);
}
