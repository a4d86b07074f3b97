using Sidecar.Components;
using Sidecar.Components.PubSub.Kafka;

namespace DaprShop.Tests.PubSub.Kafka;

/// <summary>What a component's metadata become as settings of librdkafka.</summary>
public sealed class KafkaSettingsTests
{
    [Theory]
    [InlineData(null, 10_000, 480_000)]
    [InlineData("1h", 10_000, 3_600_000)]
    [InlineData("4s", 4_000, 4_000)]
    public void Consumer_OfWhateverRefreshInterval_AsksForItsTopicsEveryTenSecondsAtLeast(string? interval, int consumer, int producer)
    {
        var members = new Dictionary<string, string> { ["brokers"] = "127.0.0.1:9092", ["authType"] = "none" };
        if (interval is not null)
        {
            members["clientConnectionTopicMetadataRefreshInterval"] = interval;
        }

        var spec = new ComponentSpec("pubsub", "pubsub.kafka", "v1", members, false, TimeSpan.FromSeconds(5), "pubsub.yaml");
        var options = KafkaPubSubOptions.Parse(new ComponentMetadata(spec, []), spec.InitTimeout);

        Assert.Equal(
            (consumer, producer), (options.Consumer("group").TopicMetadataRefreshIntervalMs, options.Producer().TopicMetadataRefreshIntervalMs));
    }
}
