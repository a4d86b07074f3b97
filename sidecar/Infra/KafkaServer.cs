using System.Globalization;
using Sidecar.Infra.Probes;

namespace Sidecar.Infra;

/// <summary>
/// One Kafka 0.9 broker and its ZooKeeper, as small as they go: the only broker that comes through the package feeds which
/// development machines and CI reach.
/// </summary>
internal sealed class KafkaServer : InfraServer
{
    private const string ZooKeeper = "zookeeper";

    // One session of the broker in ZooKeeper. A killed broker counts as registered for as long, so it is short; a broker that
    // gets no processor for as long loses its leaderships, so it is not shorter.
    private const int SessionMilliseconds = 5000;

    // The limit of the component's maxMessageBytes decides, not this one, which is below 1 MiB by default.
    private const int LargestMessage = 8 * 1024 * 1024;

    public override string Name => "kafka";

    public override int DefaultPort => 9092;

    public override bool ComesWithRedis => true;

    public override IReadOnlyList<Requirement> Requirements =>
    [
        new Requirement("openjdk-17-jre-headless", () => ProgramSearch.Find("java") is not null),
        new Requirement("librdkafka1", ClientLibrary.IsInstalled),
        KafkaPackage.Requirement,
    ];

    public override IReadOnlyList<string> InnerPorts => [ZooKeeper];

    public override IReadOnlyList<string> Folders => ["data", "zookeeper"];

    public override IReadOnlyList<ServerPart> Parts(ServerPlace place)
    {
        var zooKeeper = place.InnerPorts[ZooKeeper];
        return
        [
            new ServerPart("zookeeper", zooKeeper, Java(place, "96m", "org.apache.zookeeper.server.quorum.QuorumPeerMain", "zookeeper.properties"))
            {
                Answers = cancellationToken => Probe.AsksAsync(zooKeeper, ZooKeeperProbe.AnswersAsync, cancellationToken),
            },
            new ServerPart(MainRole, place.Port, Java(place, "384m", "kafka.Kafka", "server.properties"))
            {
                MayStart = cancellationToken => Probe.AsksAsync(zooKeeper, ZooKeeperProbe.HasNoBrokerAsync, cancellationToken),
                Answers = cancellationToken => Probe.AsksAsync(place.Port, KafkaProbe.AnswersAsync, cancellationToken),
            },
        ];
    }

    public override IReadOnlyDictionary<string, string> Files(ServerPlace place) => new Dictionary<string, string>
    {
        ["zookeeper.properties"] = string.Create(CultureInfo.InvariantCulture, $"""
            clientPort={place.InnerPorts[ZooKeeper]}
            clientPortAddress={ServerPlace.Host}
            dataDir={Escaped(place.PathOf("zookeeper"))}
            tickTime=500
            minSessionTimeout=1000
            maxSessionTimeout=60000
            maxClientCnxns=0

            """),
        ["server.properties"] = string.Create(CultureInfo.InvariantCulture, $"""
            broker.id=0
            listeners=PLAINTEXT://{ServerPlace.Host}:{place.Port}
            log.dirs={Escaped(place.PathOf("data"))}
            zookeeper.connect={ServerPlace.Host}:{place.InnerPorts[ZooKeeper]}
            zookeeper.session.timeout.ms={SessionMilliseconds}
            message.max.bytes={LargestMessage}
            replica.fetch.max.bytes={LargestMessage}
            auto.create.topics.enable=true
            delete.topic.enable=true
            num.partitions=4
            offsets.topic.num.partitions=4
            offsets.topic.replication.factor=1
            group.min.session.timeout.ms=1000
            group.max.session.timeout.ms=300000
            log.cleaner.dedupe.buffer.size=4194304
            num.network.threads=2
            num.io.threads=4

            """),
        ["log4j.properties"] = """
            log4j.rootLogger=WARN, out
            log4j.logger.kafka=INFO
            log4j.logger.kafka.server.ReplicaFetcherThread=WARN
            log4j.appender.out=org.apache.log4j.ConsoleAppender
            log4j.appender.out.layout=org.apache.log4j.PatternLayout
            log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n

            """,
    };

    private static string[] Java(ServerPlace place, string heap, string main, string properties) =>
    [
        ProgramSearch.Find("java") ?? "java",
        $"-Xmx{heap}",
        "-XX:+UseSerialGC",
        "-Djava.net.preferIPv4Stack=true",
        $"-Dlog4j.configuration=file:{place.PathOf("log4j.properties")}",
        "-cp",
        Path.Combine(KafkaPackage.Folder, "libs", "*"),
        main,
        place.PathOf(properties),
    ];

    /// <summary>A backslash begins an escape in a file of Java properties.</summary>
    private static string Escaped(string path) => path.Replace(@"\", @"\\", StringComparison.Ordinal);
}
