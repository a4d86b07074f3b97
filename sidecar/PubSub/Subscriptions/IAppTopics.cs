using Sidecar.PubSub.Delivery;

namespace Sidecar.PubSub.Subscriptions;

/// <summary>Publish and subscribe from the app's side, in the protocol the app speaks.</summary>
internal interface IAppTopics
{
    /// <summary>
    /// The topics the app wants. Throws <see cref="SubscriptionListException"/> for a list that cannot be used, and while the app
    /// fails: going on without its subscriptions would lose events silently, so the start is tried again.
    /// </summary>
    Task<IReadOnlyList<Subscription>> AskAsync(CancellationToken cancellationToken);

    /// <summary>Takes the events of one pub/sub component.</summary>
    IEventReceiver ReceiverFor(string pubSub);

    /// <summary>Null: the subscription's messages go to the app one by one.</summary>
    IBatchReceiver? BatchReceiverFor(Subscription subscription);
}
