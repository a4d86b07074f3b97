using DaprShop.Tests.Servers;
using Sidecar.Clients.Kafka;
using Sidecar.Components;

namespace DaprShop.Tests.PubSub.Kafka;

/// <summary>Sidecars that start together find out about a broker of version 0.9.0.1 without disturbing one another.</summary>
public sealed class KafkaVersionTests(SharedKafka kafka) : IClassFixture<SharedKafka>
{
    [Fact]
    public async Task Probe_ManyAtTheSameTime_EachIsAnsweredAtOnce()
    {
        var connection = KafkaConnection.Parse(new ComponentMetadata(
            new ComponentSpec(
                "pubsub",
                "pubsub.kafka",
                "v1",
                KafkaPubSubConformance.At(kafka.Kafka.Port).Append(("authType", "none")).ToDictionary(),
                false,
                TimeSpan.FromSeconds(5),
                "pubsub.yaml"),
            []));

        await Parallel.ForAsync(0, 500, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, cancellationToken) =>
        {
            var version = await VersionProbe.AskAsync(connection, cancellationToken).WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
            Assert.Equal("0.9.0.1", version.Text);
        });
    }
}
