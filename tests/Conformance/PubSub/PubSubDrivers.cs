namespace DaprShop.Tests.PubSub;

/// <summary>What is promised of one driver, taken from dapr-contract.md 5.8 (pubsub.sqlite: from its own documentation).</summary>
/// <param name="Metadata">Short pauses, so that redelivery shows within a test.</param>
internal sealed record PubSubDriver(string Type, params (string Name, string Value)[] Metadata)
{
    /// <summary>Messages, groups and failures outlive handlers and processes; false: fire and forget.</summary>
    public required bool AtLeastOnce { get; init; }
}

public sealed class InMemoryPubSubConformance : PubSubConformance
{
    private protected override PubSubDriver Driver { get; } = new("pubsub.in-memory") { AtLeastOnce = false };
}

public sealed class SqlitePubSubConformance : DurablePubSubConformance
{
    private protected override PubSubDriver Driver { get; } = new(
        "pubsub.sqlite", ("connectionString", "pubsub.db"), ("redeliverInterval", "200ms"))
    {
        AtLeastOnce = true,
    };
}
