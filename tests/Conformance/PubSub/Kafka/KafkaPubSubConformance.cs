using DaprShop.TestKit.Servers;
using DaprShop.Tests.Servers;

namespace DaprShop.Tests.PubSub.Kafka;

/// <summary>
/// On a real broker of version 0.9.0.1. It takes longer to come back than the cases that kill a server allow; the end-to-end suite
/// kills it under load instead.
/// </summary>
public sealed class KafkaPubSubConformance(SharedKafka kafka) : DurablePubSubConformance, IClassFixture<SharedKafka>
{
    private protected override PubSubDriver Driver { get; } = new(
        "pubsub.kafka",
        [.. At(kafka.Kafka.Port), .. Broker09, ("initialOffset", "oldest"), ("maxMessageBytes", "2097152")])
    {
        AtLeastOnce = true,
        RedeliversAfterFailure = true,
        RetainsForLateGroups = true,
        KeepsContentType = false,
        // This broker's records have no headers; KafkaRecordTests shows them on a current one.
        KeepsMetadata = false,
        OrderPerKey = true,
        AttachesLate = true,
        ServerAt = At,
        AcceptsTopic = topic => topic.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-'),
    };

    /// <summary>What a component needs for the broker of the tests, with sessions that end within a test.</summary>
    internal static (string Name, string Value)[] Broker09 { get; } =
        [("authType", "none"), ("version", "0.9.0.1"), ("sessionTimeout", "3s"), ("heartbeatInterval", "500ms")];

    internal static (string Name, string Value)[] At(int port) => [("brokers", $"127.0.0.1:{port}")];
}
