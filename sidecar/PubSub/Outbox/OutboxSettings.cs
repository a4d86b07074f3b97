using Sidecar.Components;

namespace Sidecar.PubSub.Outbox;

/// <summary>The outbox metadata of a state store (dapr-contract.md 6).</summary>
/// <param name="InternalPubSub">Carries the events from the transaction to the relay.</param>
/// <param name="DiscardsMissing">An event whose transaction was not committed is dropped, not tried again.</param>
internal sealed record OutboxSettings(string Store, string PubSub, string Topic, string InternalPubSub, bool DiscardsMissing)
{
    /// <summary>Null for a store without an outbox: it takes a pub/sub component and a topic.</summary>
    public static OutboxSettings? Of(ComponentSpec store)
    {
        var metadata = new ComponentMetadata(store, []);
        return metadata.Text("outboxPublishPubsub") is { } pubSub && metadata.Text("outboxPublishTopic") is { } topic
            ? new OutboxSettings(
                store.Name, pubSub, topic, metadata.Text("outboxPubsub") ?? pubSub, metadata.Flag("outboxDiscardWhenMissingState"))
            : null;
    }

    /// <summary>daprd's name, so that its sidecars and these can relay for one another.</summary>
    public string InternalTopic(string appNamespace, string appId) => $"{appNamespace}{appId}{Topic}outbox";
}
