using DaprShop.Tests.Servers;

namespace DaprShop.Tests.PubSub;

/// <summary>With the settings that lose nothing, as components/rabbitmq has them, on queues of the classic type.</summary>
public sealed class RabbitMqPubSubConformance(SharedRabbitMq rabbit) : ServerPubSubConformance, IClassFixture<SharedRabbitMq>
{
    private protected override BrokerServer Server { get; } = rabbit.Server;

    private protected override PubSubDriver Driver { get; } = RabbitMqDriver.On(rabbit.Server.Port, "classic");
}

/// <summary>The same on replicated queues.</summary>
public sealed class RabbitMqQuorumPubSubConformance(SharedRabbitMq rabbit) : ServerPubSubConformance, IClassFixture<SharedRabbitMq>
{
    private protected override BrokerServer Server { get; } = rabbit.Server;

    private protected override PubSubDriver Driver { get; } = RabbitMqDriver.On(rabbit.Server.Port, "quorum");
}

internal static class RabbitMqDriver
{
    public static PubSubDriver On(int port, string queueType) => new(
        "pubsub.rabbitmq",
        ("hostname", $"127.0.0.1:{port}"),
        ("queueType", queueType),
        ("publisherConfirm", "true"),
        ("deliveryMode", "2"),
        ("deletedWhenUnused", "false"),
        ("requeueInFailure", "true"),
        ("enableDeadLetter", "true"))
    {
        AtLeastOnce = true,
        RedeliversAfterFailure = true,
        // A queue holds what comes after its declaration.
        RetainsForLateGroups = false,
        KeepsContentType = false,
        KeepsMetadata = false,
        MessageTtl = true,
        Serial = [("concurrencyMode", "single")],
        Parallel = n => [("prefetchCount", $"{n}")],
        ServerAt = port => [("hostname", $"127.0.0.1:{port}")],
    };
}
