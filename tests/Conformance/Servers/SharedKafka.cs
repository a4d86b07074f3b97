using DaprShop.TestKit.Servers;

namespace DaprShop.Tests.Servers;

/// <summary>One Kafka for a class of tests.</summary>
public sealed class SharedKafka : IAsyncLifetime
{
    internal KafkaServer Kafka { get; private set; } = null!;

    public async Task InitializeAsync() => Kafka = await KafkaServer.StartAsync();

    public async Task DisposeAsync() => await Kafka.DisposeAsync();
}
