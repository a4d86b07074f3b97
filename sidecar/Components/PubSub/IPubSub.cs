namespace Sidecar.Components.PubSub;

[Flags]
internal enum PubSubCapabilities
{
    None = 0,
    MessageTtl = 1,
    SubscribeWildcards = 2,
    BulkPubSub = 4,
}

internal sealed record OutgoingMessage(
    string Topic, ReadOnlyMemory<byte> Data, string? ContentType, IReadOnlyDictionary<string, string> Metadata);

internal sealed record IncomingMessage(
    string Topic, ReadOnlyMemory<byte> Data, string? ContentType, IReadOnlyDictionary<string, string> Metadata);

/// <summary>
/// Completes: the message is acknowledged. Throws: the driver's own redelivery applies, as with daprd.
/// Throws <see cref="OperationCanceledException"/> while stopping: neither acknowledged nor rejected.
/// </summary>
internal delegate Task MessageHandler(IncomingMessage message, CancellationToken cancellationToken);

/// <param name="ConsumerGroup">Subscribers with the same group compete for messages; default the app id.</param>
internal sealed record SubscribeRequest(string Topic, string ConsumerGroup, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>
    /// More than one: the handler gathers so many messages before it answers for the first. The driver then begins them
    /// in their order without waiting for those before, and settles each when its own call ends.
    /// </summary>
    public int Gathers { get; init; } = 1;
}

internal interface IPubSub : IComponent
{
    PubSubCapabilities Capabilities { get; }

    /// <summary>Completes when the broker has the message as durably as it ever will.</summary>
    Task PublishAsync(OutgoingMessage message, CancellationToken cancellationToken);

    /// <summary>Starts delivery; disposing the result stops it after the messages in hand are finished.</summary>
    Task<IAsyncDisposable> SubscribeAsync(SubscribeRequest request, MessageHandler handler, CancellationToken cancellationToken);
}
