using System.Text;
using Sidecar.Infra.Probes;

namespace DaprShop.Tests.Infra;

/// <summary>An answer counts only when it says that the server works, however much of it there is.</summary>
public sealed class ProbeTests
{
    private static readonly byte[] Start = Method(10, 10, [0, 9]);
    private static readonly byte[] Tune = Method(10, 30, [7, 255, 0, 2, 0, 0, 0, 60]);
    private static readonly byte[] OpenOk = Method(10, 41, [0]);
    private static readonly byte[] CloseOk = Method(10, 51, []);
    private static readonly byte[] Refused = Method(10, 50, [1, 0x93, 0, 0, 0, 0, 0]);
    private static readonly byte[] NotAllowed = Method(10, 50, [2, 0x12, 0, 0, 0, 0, 0]);

    [Theory]
    [InlineData("+PONG\r\n", true)]
    [InlineData("-NOAUTH Authentication required.\r\n", true)]
    [InlineData("-LOADING Redis is loading the dataset in memory\r\n", false)]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", false)]
    [InlineData("", false)]
    public async Task Redis_ThatSaysThis_Answers(string said, bool answers)
    {
        Assert.Equal(answers, await RedisProbe.AnswersAsync(new CannedStream(Encoding.ASCII.GetBytes(said)), CancellationToken.None));
    }

    [Theory]
    [InlineData("Zookeeper version: 3.4.6\nMode: standalone\n", true)]
    [InlineData("This ZooKeeper instance is not currently serving requests\n", false)]
    [InlineData("", false)]
    public async Task ZooKeeper_ThatSaysThis_Answers(string said, bool answers)
    {
        Assert.Equal(answers, await ZooKeeperProbe.AnswersAsync(new CannedStream(Encoding.ASCII.GetBytes(said)), CancellationToken.None));
    }

    [Theory]
    [InlineData("SessionTracker dump:\nephemeral nodes dump:\nSessions with Ephemerals (0):\n", true)]
    [InlineData("SessionTracker dump:\nephemeral nodes dump:\nSessions with Ephemerals (1):\n0x1:\n\t/brokers/ids/0\n", false)]
    [InlineData("This ZooKeeper instance is not currently serving requests\n", false)]
    public async Task ZooKeeper_ThatSaysThis_KnowsNoBroker(string said, bool none)
    {
        Assert.Equal(none, await ZooKeeperProbe.HasNoBrokerAsync(new CannedStream(Encoding.ASCII.GetBytes(said)), CancellationToken.None));
    }

    [Fact]
    public async Task Amqp_HandshakeToItsEnd_IsAnAnswer()
    {
        Assert.True(await AmqpAsync([.. Start, .. Tune, .. OpenOk, .. CloseOk]));
        Assert.True(await AmqpAsync([.. Start, .. Refused]));
    }

    [Fact]
    public async Task Amqp_HandshakeThatGoesWrong_IsNone()
    {
        Assert.False(await AmqpAsync([.. Tune]));
        Assert.False(await AmqpAsync([.. Start, .. Tune, .. NotAllowed]));
        await Assert.ThrowsAsync<InvalidDataException>(() => AmqpAsync("HTTP/1.1 400 Bad Request"u8.ToArray()));
        await Assert.ThrowsAsync<EndOfStreamException>(() => AmqpAsync([.. Start, .. Tune, .. OpenOk[..^1]]));
    }

    [Fact]
    public async Task Kafka_WithLeadersAndCoordinator_Answers()
    {
        Assert.True(await KafkaAsync([.. Coordinator(0), .. Metadata(partitionError: 0), .. Groups(0)]));
    }

    [Fact]
    public async Task Kafka_ThatIsStillComingUp_DoesNot()
    {
        const byte loading = 14;
        const byte noCoordinator = 15;
        const byte noLeader = 5;

        Assert.False(await KafkaAsync([.. Coordinator(noCoordinator)]));
        Assert.False(await KafkaAsync([.. Coordinator(0), .. Metadata(partitionError: noLeader), .. Groups(0)]));
        Assert.False(await KafkaAsync([.. Coordinator(0), .. Metadata(partitionError: 0), .. Groups(loading)]));
        Assert.False(await KafkaAsync([.. Coordinator(0), .. Answer([0, 0, 0, 0, 0, 0, 0, 0]), .. Groups(0)]));
    }

    [Fact]
    public async Task Kafka_AnswerCutAnywhere_IsAnErrorAndNeverAnAnswer()
    {
        byte[] whole = [.. Coordinator(0), .. Metadata(partitionError: 0), .. Groups(0)];

        for (var length = 0; length < whole.Length; length++)
        {
            await Assert.ThrowsAsync<EndOfStreamException>(() => KafkaAsync(whole[..length]));
        }
    }

    private static Task<bool> AmqpAsync(byte[] said) => AmqpProbe.AnswersAsync(new CannedStream(said), CancellationToken.None);

    private static Task<bool> KafkaAsync(byte[] said) => KafkaProbe.AnswersAsync(new CannedStream(said), CancellationToken.None);

    private static byte[] Method(byte @class, byte method, byte[] arguments) =>
        [1, 0, 0, 0, 0, 0, (byte)(4 + arguments.Length), 0, @class, 0, method, .. arguments, 0xCE];

    private static byte[] Answer(byte[] body) => [0, 0, 0, (byte)(4 + body.Length), 0, 0, 0, 0, .. body];

    private static byte[] Coordinator(byte error) => Answer([0, error, 0, 0, 0, 0, 0, 1, (byte)'h', 0, 0, 0x23, 0x84]);

    private static byte[] Groups(byte error) => Answer([0, error, 0, 0, 0, 0]);

    /// <summary>One broker, and one topic of one partition with one replica.</summary>
    private static byte[] Metadata(byte partitionError) => Answer(
    [
        0, 0, 0, 1, 0, 0, 0, 0, 0, 1, (byte)'h', 0, 0, 0x23, 0x84,
        0, 0, 0, 1, 0, 0, 0, 1, (byte)'t', 0, 0, 0, 1,
        0, partitionError, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
    ]);
}
