using System.Text.RegularExpressions;
using Confluent.Kafka;
using Sidecar.Clients.Kafka;

namespace Sidecar.Components.PubSub.Kafka;

/// <summary>Names and defaults of Dapr's pubsub.kafka.</summary>
/// <param name="ConsumerGroup">Null: the one the subscription asks for, which is consumerID or the app id.</param>
/// <param name="ChannelBufferSize">Records that wait here for a busy handler, per partition.</param>
/// <param name="ExcludedHeaders">Metadata of these names does not travel as headers, in neither direction.</param>
/// <param name="InitTimeout">The component's own; a reason is given shortly before it ends.</param>
internal sealed record KafkaPubSubOptions(
    KafkaConnection Connection,
    string? ConsumerGroup,
    AutoOffsetReset InitialOffset,
    ConsumeRetry Retry,
    TimeSpan HeartbeatInterval,
    TimeSpan SessionTimeout,
    PartitionAssignmentStrategy Strategy,
    int FetchMin,
    int FetchDefault,
    int ChannelBufferSize,
    bool EscapeHeaders,
    Regex? ExcludedHeaders,
    Acks Acks,
    int? RetryMax,
    int MaxMessageBytes,
    CompressionType Compression,
    TimeSpan InitTimeout)
{
    // Cut short, everything after it would come again: a crash repeats at most this much of what was handled.
    private const int CommitMilliseconds = 250;
    private const int BufferedKilobytes = 16 * 1024;
    private const int UnsentKilobytes = 128 * 1024;

    // A member that asked for its topics and lost the answer with the connection joins no group before the next refresh.
    private static readonly TimeSpan LongestConsumerRefresh = TimeSpan.FromSeconds(10);

    public static KafkaPubSubOptions Parse(ComponentMetadata metadata, TimeSpan initTimeout)
    {
        var second = TimeSpan.FromSeconds(1);
        RefuseSchemaRegistry(metadata);
        var heartbeat = metadata.Duration("heartbeatInterval", TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(1), second);
        var session = metadata.Duration("sessionTimeout", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(1), second);
        if (session <= heartbeat)
        {
            metadata.Reject("sessionTimeout", $"{session.TotalMilliseconds}ms is not longer than the heartbeatInterval of {heartbeat.TotalMilliseconds}ms");
        }

        return new KafkaPubSubOptions(
            KafkaConnection.Parse(metadata),
            metadata.Text("consumerGroup"),
            Choice(metadata, "initialOffset", AutoOffsetReset.Latest, ("newest", AutoOffsetReset.Latest), ("oldest", AutoOffsetReset.Earliest)),
            ConsumeRetry.Parse(metadata),
            heartbeat,
            session,
            ParseStrategy(metadata),
            metadata.Number("consumerFetchMin", 1, minimum: 1),
            metadata.Number("consumerFetchDefault", 1024 * 1024, minimum: 1),
            metadata.Number("channelBufferSize", 256, minimum: 1),
            metadata.Flag("escapeHeaders"),
            ParseExcludedHeaders(metadata),
            Choice(metadata, "producerRequiredAcks", Acks.All, ("all", Acks.All), ("local", Acks.Leader), ("none", Acks.None)),
            metadata.Text("producerRetryMax") is null ? null : metadata.Number("producerRetryMax", 5, minimum: 0),
            // The documented default of 1024 is not what daprd does: unset, its client's limit of 1 MiB holds.
            metadata.Number("maxMessageBytes", 1024 * 1024, minimum: 1),
            Choice(
                metadata,
                "compression",
                CompressionType.None,
                ("none", CompressionType.None),
                ("gzip", CompressionType.Gzip),
                ("snappy", CompressionType.Snappy),
                ("lz4", CompressionType.Lz4),
                ("zstd", CompressionType.Zstd)),
            initTimeout);
    }

    /// <summary>
    /// Without retries, acks or a broker that knows it, no idempotence: then a repeated message may be stored twice or
    /// behind the next, as with daprd (reliability.md L13), unless the caller waits for each publication.
    /// </summary>
    public ProducerConfig Producer()
    {
        var idempotent = Acks == Acks.All && Connection.Version.HasHeaders && RetryMax != 0;
        var config = Connection.Configure(new ProducerConfig
        {
            Acks = Acks,
            EnableIdempotence = idempotent,
            MaxInFlight = 5,
            LingerMs = 0,
            MessageTimeoutMs = KafkaConnection.Milliseconds(Connection.WriteTimeout),
            // An unknown topic is reported before the deadline, by its name.
            TopicMetadataPropagationMaxMs = KafkaConnection.Milliseconds(Connection.WriteTimeout / 2),
            MessageMaxBytes = Math.Max(MaxMessageBytes, 1000),
            QueueBufferingMaxKbytes = UnsentKilobytes,
            CompressionType = Compression,
            // Records without a key go to any partition, each on its own, as with daprd.
            StickyPartitioningLingerMs = 0,
        });
        if (RetryMax is { } retries)
        {
            config.MessageSendMaxRetries = retries;
        }

        // The same key goes to the same partition, whichever sidecar publishes it.
        config.Set("partitioner", "fnv1a_random");
        return config;
    }

    public ConsumerConfig Consumer(string group) => Impatient.Configure(new ConsumerConfig
    {
        GroupId = group,
        AutoOffsetReset = InitialOffset,
        // What was handled is marked by us and committed by librdkafka: in the background, and before partitions are given up.
        EnableAutoOffsetStore = false,
        EnableAutoCommit = true,
        AutoCommitIntervalMs = CommitMilliseconds,
        HeartbeatIntervalMs = KafkaConnection.Milliseconds(HeartbeatInterval),
        SessionTimeoutMs = KafkaConnection.Milliseconds(SessionTimeout),
        MaxPollIntervalMs = Math.Max(300_000, KafkaConnection.Milliseconds(SessionTimeout)),
        PartitionAssignmentStrategy = Strategy,
        FetchMinBytes = FetchMin,
        MaxPartitionFetchBytes = FetchDefault,
        FetchErrorBackoffMs = 100,
        QueuedMaxMessagesKbytes = BufferedKilobytes,
        // A record that was damaged on its way is fetched again instead of handled.
        CheckCrcs = true,
        AllowAutoCreateTopics = true,
    });

    private KafkaConnection Impatient => Connection with
    {
        RefreshInterval = Connection.RefreshInterval < LongestConsumerRefresh ? Connection.RefreshInterval : LongestConsumerRefresh,
    };

    private static void RefuseSchemaRegistry(ComponentMetadata metadata)
    {
        if (metadata.Text("schemaRegistryURL") is not null)
        {
            metadata.Reject("schemaRegistryURL", "schema registries are not supported by this sidecar; publish JSON and leave it out");
        }

        // They say nothing without a registry.
        foreach (var name in (string[])["schemaRegistryAPIKey", "schemaRegistryAPISecret", "schemaCachingEnabled", "schemaLatestVersionCacheTTL", "useAvroJSON"])
        {
            metadata.Text(name);
        }
    }

    private static PartitionAssignmentStrategy ParseStrategy(ComponentMetadata metadata)
    {
        const string Member = "consumerGroupRebalanceStrategy";
        if (metadata.Text(Member) is { } text && text.Equals("sticky", StringComparison.OrdinalIgnoreCase))
        {
            metadata.Reject(Member, "'sticky' is not supported by this sidecar; use range or roundrobin in all members of the group");
            return PartitionAssignmentStrategy.Range;
        }

        return Choice(
            metadata,
            Member,
            PartitionAssignmentStrategy.Range,
            ("range", PartitionAssignmentStrategy.Range),
            ("roundrobin", PartitionAssignmentStrategy.RoundRobin));
    }

    private static Regex? ParseExcludedHeaders(ComponentMetadata metadata)
    {
        const string Member = "excludeHeaderMetaRegex";
        if (metadata.Text(Member) is not { } pattern)
        {
            return null;
        }

        try
        {
            // Like Go's engine: no pattern can take more than linear time.
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception unusable) when (unusable is ArgumentException or NotSupportedException)
        {
            metadata.Reject(Member, $"'{pattern}' is no usable regular expression: {unusable.Message}");
            return null;
        }
    }

    private static T Choice<T>(ComponentMetadata metadata, string name, T fallback, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        if (metadata.Text(name) is not { } text)
        {
            return fallback;
        }

        var words = new List<string>();
        foreach (var (word, value) in choices)
        {
            if (word.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }

            words.Add(word);
        }

        metadata.Reject(name, $"'{text}' is not one of {string.Join(", ", words)}");
        return fallback;
    }
}
