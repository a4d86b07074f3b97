using Sidecar.Infra;

namespace DaprShop.Tests.Infra;

/// <summary>What the servers are told, before any of them runs.</summary>
public sealed class ServerFilesTests
{
    private const string Folder = "/data with blanks/it's";

    [Theory]
    [InlineData(false, "everysec")]
    [InlineData(true, "always")]
    public void Redis_KeepsAnAppendOnlyFileAndNoSnapshots(bool durable, string flush)
    {
        var lines = Lines(new RedisServer(), "redis.conf", durable);

        Assert.Equal(
            ["bind 127.0.0.1", "port 7000", $"dir \"{Folder}/data\"", "daemonize no", "logfile \"\"", "save \"\"", "appendonly yes", $"appendfsync {flush}"],
            lines);
    }

    [Fact]
    public void RabbitMq_ListensOnLoopbackWithEveryPort()
    {
        var place = PlaceOf(new RabbitMqServer());

        var parts = new RabbitMqServer().Parts(place);

        Assert.Equal(["listeners.tcp.1 = 127.0.0.1:7000"], Lines(new RabbitMqServer(), "rabbitmq.conf"));
        Assert.Equal(["-address", "127.0.0.1", "-port", "7001"], parts[0].Command.Skip(1));
        Assert.Equal("127.0.0.1", parts[1].Environment["ERL_EPMD_ADDRESS"]);
        Assert.Equal("7001", parts[1].Environment["ERL_EPMD_PORT"]);
        Assert.Equal("7002", parts[1].Environment["RABBITMQ_DIST_PORT"]);
        Assert.Equal("-kernel inet_dist_use_interface {127,0,0,1}", parts[1].Environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"]);
    }

    [Fact]
    public void RabbitMqCtl_ScriptOfThePlace_SurvivesAnyFolderName()
    {
        var script = new RabbitMqServer().Files(PlaceOf(new RabbitMqServer()))["rabbitmqctl"];

        Assert.StartsWith("#!/bin/sh\n", script, StringComparison.Ordinal);
        Assert.Contains(@"export HOME='/data with blanks/it'\''s/home'", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Kafka_BrokerAndZooKeeper_ListenOnLoopbackAndFindEachOther()
    {
        var broker = Lines(new KafkaServer(), "server.properties");
        var zooKeeper = Lines(new KafkaServer(), "zookeeper.properties");

        Assert.Contains("listeners=PLAINTEXT://127.0.0.1:7000", broker);
        Assert.Contains("zookeeper.connect=127.0.0.1:7001", broker);
        Assert.Contains("clientPort=7001", zooKeeper);
        Assert.Contains("clientPortAddress=127.0.0.1", zooKeeper);
        Assert.Contains("offsets.topic.replication.factor=1", broker);
    }

    [Fact]
    public void Parts_OfEveryServer_EndWithTheOneThatClientsSpeakTo()
    {
        Assert.All(InfraServer.All, server =>
        {
            var parts = server.Parts(PlaceOf(server));
            Assert.Equal((InfraServer.MainRole, 7000), (parts[^1].Role, parts[^1].Port));
            Assert.Equal(parts.Count, parts.Select(part => part.Role).Distinct().Count());
        });
    }

    private static ServerPlace PlaceOf(InfraServer server, bool durable = false) =>
        new(Folder, 7000, server.InnerPorts.Select((name, index) => (name, index)).ToDictionary(port => port.name, port => 7001 + port.index), durable);

    private static string[] Lines(InfraServer server, string file, bool durable = false) =>
        server.Files(PlaceOf(server, durable))[file].Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
