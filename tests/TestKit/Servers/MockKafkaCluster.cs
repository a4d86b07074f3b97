using System.Runtime.InteropServices;
using System.Text;

namespace DaprShop.TestKit.Servers;

/// <summary>Kinds of requests, by the numbers of Kafka's protocol.</summary>
public enum KafkaRequest
{
    Produce = 0,
    Fetch = 1,
    Metadata = 3,
    OffsetCommit = 8,
    FindCoordinator = 10,
    JoinGroup = 11,
    Heartbeat = 12,
    SyncGroup = 14,
    InitProducerId = 22,
}

/// <summary>
/// librdkafka's mock of a current cluster, in this process: it knows headers and idempotent producers, and fails on
/// demand. Kept in memory, about 5 MB per partition; topics that nobody created have 4 partitions.
/// </summary>
public sealed class MockKafkaCluster : IDisposable
{
    private const int ProducerType = 0;

    private readonly nint _client;
    private readonly nint _cluster;

    private MockKafkaCluster(nint client, nint cluster) => (_client, _cluster) = (client, cluster);

    /// <summary>host:port of every broker, comma separated.</summary>
    public string Brokers => Marshal.PtrToStringUTF8(Native.Bootstraps(_cluster))!;

    public static MockKafkaCluster Start(int brokers = 1)
    {
        var problem = new byte[512];
        // The mock lives inside a client, which itself connects to nothing.
        var client = Native.New(ProducerType, Native.NewConfiguration(), problem, (nuint)problem.Length);
        if (client == 0)
        {
            throw new InvalidOperationException($"librdkafka made no client: {Encoding.UTF8.GetString(problem).TrimEnd('\0')}");
        }

        var cluster = Native.NewCluster(client, brokers);
        return cluster != 0 ? new MockKafkaCluster(client, cluster) : throw new InvalidOperationException("librdkafka made no mock cluster");
    }

    public void CreateTopic(string topic, int partitions) => Check(Native.CreateTopic(_cluster, topic, partitions, 1));

    /// <summary>The next requests of this kind are answered by the first broker with these error codes (numbers of Kafka's protocol).</summary>
    public void FailNext(KafkaRequest request, params int[] errors)
    {
        foreach (var error in errors)
        {
            FailNext(request, error, TimeSpan.Zero);
        }
    }

    /// <summary>The answer is that late; requests behind it are served meanwhile.</summary>
    public void FailNext(KafkaRequest request, int error, TimeSpan delay) =>
        Check(Native.PushError(_cluster, 1, (short)request, 1, error, (int)delay.TotalMilliseconds));

    /// <summary>Failures that <see cref="FailNext(KafkaRequest, int[])"/> still holds for a broker's requests of this kind.</summary>
    public int PendingErrors(KafkaRequest request = KafkaRequest.Produce, int broker = 1)
    {
        Check(Native.CountErrors(_cluster, broker, (short)request, out var count));
        return (int)count;
    }

    /// <summary>Requests of any kind are answered as usual again.</summary>
    public void FailNoMore(KafkaRequest request) => Native.ClearErrors(_cluster, (short)request);

    /// <summary>Disconnects everybody and listens no more.</summary>
    public void TakeDown(int broker = 1) => Check(Native.SetDown(_cluster, broker));

    public void BringUp(int broker = 1) => Check(Native.SetUp(_cluster, broker));

    public void AnswerAfter(TimeSpan delay, int broker = 1) => Check(Native.SetRoundTrip(_cluster, broker, (int)delay.TotalMilliseconds));

    public void MoveCoordinator(string group, int broker) => Check(Native.SetCoordinator(_cluster, "group", group, broker));

    public void MoveLeader(string topic, int partition, int broker) => Check(Native.SetLeader(_cluster, topic, partition, broker));

    public void Dispose()
    {
        Native.DestroyCluster(_cluster);
        Native.Destroy(_client);
    }

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new InvalidOperationException($"The mock cluster refused with error {error}");
        }
    }

    private static class Native
    {
        private const string Library = "librdkafka.so.1";

        [DllImport(Library, EntryPoint = "rd_kafka_conf_new")]
        public static extern nint NewConfiguration();

        [DllImport(Library, EntryPoint = "rd_kafka_new")]
        public static extern nint New(int type, nint configuration, byte[] problem, nuint problemSize);

        [DllImport(Library, EntryPoint = "rd_kafka_destroy")]
        public static extern void Destroy(nint client);

        [DllImport(Library, EntryPoint = "rd_kafka_mock_cluster_new")]
        public static extern nint NewCluster(nint client, int brokers);

        [DllImport(Library, EntryPoint = "rd_kafka_mock_cluster_destroy")]
        public static extern void DestroyCluster(nint cluster);

        [DllImport(Library, EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
        public static extern nint Bootstraps(nint cluster);

        [DllImport(Library, EntryPoint = "rd_kafka_mock_topic_create")]
        public static extern int CreateTopic(nint cluster, [MarshalAs(UnmanagedType.LPUTF8Str)] string topic, int partitions, int replicas);

        [DllImport(Library, EntryPoint = "rd_kafka_mock_broker_error_stack_cnt")]
        public static extern int CountErrors(nint cluster, int broker, short request, out nuint count);

        [DllImport(Library, EntryPoint = "rd_kafka_mock_broker_push_request_error_rtts")]
        public static extern int PushError(nint cluster, int broker, short request, nuint count, int error, int roundTrip);

        [DllImport(Library, EntryPoint = "rd_kafka_mock_clear_request_errors")]
        public static extern void ClearErrors(nint cluster, short request);

        [DllImport(Library, EntryPoint = "rd_kafka_mock_broker_set_down")]
        public static extern int SetDown(nint cluster, int broker);

        [DllImport(Library, EntryPoint = "rd_kafka_mock_broker_set_up")]
        public static extern int SetUp(nint cluster, int broker);

        [DllImport(Library, EntryPoint = "rd_kafka_mock_broker_set_rtt")]
        public static extern int SetRoundTrip(nint cluster, int broker, int milliseconds);

        [DllImport(Library, EntryPoint = "rd_kafka_mock_coordinator_set")]
        public static extern int SetCoordinator(
            nint cluster, [MarshalAs(UnmanagedType.LPUTF8Str)] string kind, [MarshalAs(UnmanagedType.LPUTF8Str)] string key, int broker);

        [DllImport(Library, EntryPoint = "rd_kafka_mock_partition_set_leader")]
        public static extern int SetLeader(nint cluster, [MarshalAs(UnmanagedType.LPUTF8Str)] string topic, int partition, int broker);
    }
}
