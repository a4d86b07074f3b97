namespace DaprShop.Tests.PubSub;

/// <summary>
/// What is promised of one driver, taken from dapr-contract.md 5.8 (pubsub.sqlite: from its own documentation). The
/// suite shows each claim, and where a driver claims less, that it does less.
/// </summary>
/// <param name="Metadata">Of the component; with short pauses, so that redelivery shows within a test.</param>
internal sealed record PubSubDriver(string Type, params (string Name, string Value)[] Metadata)
{
    /// <summary>Messages and groups outlive handlers and processes; false: fire and forget.</summary>
    public required bool AtLeastOnce { get; init; }

    /// <summary>A message whose handler failed comes again (with the given metadata).</summary>
    public required bool RedeliversAfterFailure { get; init; }

    /// <summary>A group that subscribes for the first time gets what was published before (with the given metadata).</summary>
    public required bool RetainsForLateGroups { get; init; }

    public required bool KeepsContentType { get; init; }

    /// <summary>Metadata of a publish reach the subscriber, beside those that the driver adds.</summary>
    public required bool KeepsMetadata { get; init; }

    /// <summary>Order is kept among messages of the same <c>partitionKey</c> only, and there without any setting.</summary>
    public bool OrderPerKey { get; init; }

    /// <summary>The broker itself drops messages by <c>ttlInSeconds</c>; must equal the driver's capability.</summary>
    public bool MessageTtl { get; init; }

    /// <summary>
    /// A subscription is attached some time after the call returned, as a Kafka consumer is once its group agreed. The
    /// suite then sends probes until one arrives, so every topic must spread over as many partitions as a test has consumers.
    /// </summary>
    public bool AttachesLate { get; init; }

    /// <summary>Metadata that make a subscription handle one message after the other.</summary>
    public (string Name, string Value)[] Serial { get; init; } = [];

    /// <summary>Metadata that make a subscription handle so many messages at once; null: one at a time for each key, always.</summary>
    public Func<int, (string Name, string Value)[]>? Parallel { get; init; }

    /// <summary>Metadata that keep the messages of a consumer that went silent from others for an hour.</summary>
    public (string Name, string Value)[] LongLease { get; init; } = [];

    /// <summary>Metadata that lead to a server on this loopback port.</summary>
    public Func<int, (string Name, string Value)[]> ServerAt { get; init; } = _ => [];

    public Predicate<string> AcceptsTopic { get; init; } = _ => true;

    /// <summary>How long a message may take: redelivery, take-over from a dead consumer, recovery after a restart.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a call may take when the server is down or hangs.</summary>
    public TimeSpan GivesUpWithin { get; init; } = TimeSpan.FromSeconds(60);
}
