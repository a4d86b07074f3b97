using Sidecar.Components.PubSub;

namespace Sidecar.Components.Slots;

/// <summary>A subscription belongs to what it was made with; its owner makes another when that is replaced.</summary>
internal sealed class PubSubSlot(string name, IPubSub first) : ComponentSlot<IPubSub>(name, first), IPubSub
{
    public PubSubCapabilities Capabilities => Current.Capabilities;

    public Task PublishAsync(OutgoingMessage message, CancellationToken cancellationToken) =>
        UseAsync(pubSub => pubSub.PublishAsync(message, cancellationToken));

    public Task<IAsyncDisposable> SubscribeAsync(SubscribeRequest request, MessageHandler handler, CancellationToken cancellationToken) =>
        UseAsync(pubSub => pubSub.SubscribeAsync(request, handler, cancellationToken));
}
