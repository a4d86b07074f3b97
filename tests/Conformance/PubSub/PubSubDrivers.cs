namespace DaprShop.Tests.PubSub;

public sealed class InMemoryPubSubConformance : PubSubConformance
{
    private protected override PubSubDriver Driver { get; } = new("pubsub.in-memory")
    {
        AtLeastOnce = false,
        RedeliversAfterFailure = false,
        RetainsForLateGroups = false,
        KeepsContentType = true,
        KeepsMetadata = true,
    };
}

public sealed class SqlitePubSubConformance : DurablePubSubConformance
{
    private protected override PubSubDriver Driver { get; } = new(
        "pubsub.sqlite", ("connectionString", "pubsub.db"), ("redeliverInterval", "200ms"))
    {
        AtLeastOnce = true,
        RedeliversAfterFailure = true,
        RetainsForLateGroups = true,
        KeepsContentType = true,
        KeepsMetadata = true,
        Serial = [("concurrency", "1"), ("queueDepth", "7")],
        Parallel = n => [("concurrency", $"{n}")],
        LongLease = [("processingTimeout", "1h")],
    };
}
