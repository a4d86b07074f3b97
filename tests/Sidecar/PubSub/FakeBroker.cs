using Sidecar.Components;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub;

/// <summary>Records what is published; a test plays the broker's part in deliveries itself.</summary>
internal sealed class FakeBroker : IPubSub
{
    public PubSubCapabilities Capabilities { get; init; }

    public List<OutgoingMessage> Published { get; } = [];

    public MessageHandler? Handler { get; private set; }

    public bool IsBroken { get; set; }

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task PublishAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        if (IsBroken)
        {
            throw new ComponentException(ComponentFault.Failed, "the broker is away");
        }

        Published.Add(message);
        return Task.CompletedTask;
    }

    public Task<IAsyncDisposable> SubscribeAsync(SubscribeRequest request, MessageHandler handler, CancellationToken cancellationToken)
    {
        Handler = handler;
        return Task.FromResult<IAsyncDisposable>(this);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
