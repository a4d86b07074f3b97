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

    /// <summary>What the end of a subscription waits for.</summary>
    public Task InHand { get; set; } = Task.CompletedTask;

    /// <summary>What the answer to a publish waits for.</summary>
    public Task Stored { get; set; } = Task.CompletedTask;

    /// <summary>Messages that the broker does not take.</summary>
    public Func<OutgoingMessage, bool> Refuses { get; set; } = _ => false;

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task PublishAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        if (IsBroken || Refuses(message))
        {
            throw new ComponentException(ComponentFault.Failed, "the broker is away");
        }

        // The entries of a batch go to the dead-letter topic at the same time.
        lock (Published)
        {
            Published.Add(message);
        }

        return Stored;
    }

    public Task<IAsyncDisposable> SubscribeAsync(SubscribeRequest request, MessageHandler handler, CancellationToken cancellationToken)
    {
        Handler = handler;
        return Task.FromResult<IAsyncDisposable>(this);
    }

    public ValueTask DisposeAsync() => new(InHand);
}
