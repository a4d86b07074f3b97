using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.Tests.Components;
using DaprShop.Tests.Servers;
using Sidecar.Components;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub.Kafka;

/// <summary>
/// A network between sidecar and broker that resets, goes silent, cuts short and changes bytes. The broker is of this class alone:
/// damaged requests make topics and groups, and an unreadable one makes it forget those of other connections.
/// </summary>
public sealed class KafkaNetworkTests : IClassFixture<SharedKafka>, IAsyncLifetime
{
    // The metadata, a join of the group, some messages and fetches lie before it.
    private const int LastDamagedByte = 1200;
    private const int Partitions = 4;

    private static readonly Dictionary<string, string> NoMetadata = [];

    private readonly int _server;
    private readonly LogLines _logs = new();
    private readonly ComponentFixture _fixture;
    private readonly RawKafka _raw;
    private readonly string _topic = UniqueName.Next("topic");

    public KafkaNetworkTests(SharedKafka kafka)
    {
        _server = kafka.Kafka.Port;
        _fixture = new ComponentFixture { UseManualClock = false, Loggers = _logs };
        _raw = new RawKafka($"127.0.0.1:{_server}", isOld: true);
    }

    // A broker that has just started answers its first questions late; the network is to blame for what follows, not that.
    public Task InitializeAsync() => WriteAsync(Recorder.Probe);

    public async Task DisposeAsync()
    {
        await _fixture.DeleteAsync();
        _raw.Dispose();
        _logs.Dispose();
    }

    [Fact]
    public async Task Connections_ResetAgainAndAgain_LoseNothingAcknowledged()
    {
        await using var proxy = FaultyProxy.Start(_server, posesAsServer: true);
        var broker = await StartAsync(proxy);
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);

        await Resets.LoseNothingAsync(proxy, recorder, text => PublishUntilTakenAsync(broker, text));
    }

    [Fact]
    public async Task Network_SilentThenBack_FailsInTimeAndRecovers()
    {
        await using var proxy = FaultyProxy.Start(_server, posesAsServer: true);
        var broker = await StartAsync(proxy);
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);
        await PublishUntilTakenAsync(broker, "before");
        await recorder.WaitForAsync(1);

        proxy.Blackhole = true;
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<ComponentException>(() => PublishAsync(broker, "not taken"));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        await WriteAsync("meanwhile");
        proxy.Blackhole = false;

        await Eventually.True(() => recorder.Texts.Contains("meanwhile"));
        await PublishUntilTakenAsync(broker, "after");
        await Eventually.True(() => recorder.Texts.Contains("after"));
    }

    [Theory]
    [InlineData("version", "0.9.0.1")]
    [InlineData("version", "2.0.0")]
    [InlineData("readTimeout", "1s")]
    public async Task Peer_NeverAnswers_InitFailsInTimeAndSaysWhatToLookAt(string name, string value)
    {
        await using var proxy = FaultyProxy.Start(_server, posesAsServer: true);
        proxy.Blackhole = true;
        var watch = Stopwatch.StartNew();

        var failure = await Assert.ThrowsAsync<ComponentException>(() => StartAsync(proxy, ("readTimeout", "30s"), (name, value)));

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(25));
        Assert.Equal(
            $"kafka: no broker of 127.0.0.1:{proxy.Port} can be used: "
            + "no answer in time: check host and port in brokers, and whether the broker expects TLS (authType, disableTls)",
            failure.Message);
    }

    [Fact]
    public async Task Bytes_CutShortAnywhere_LoseNothingAcknowledged()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var proxy = FaultyProxy.Start(_server, posesAsServer: true);
        var broker = await StartAsync(proxy);
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);
        var sent = new List<string>();

        for (var turn = 0; turn < 20; turn++)
        {
            proxy.ToClient = turn % 2 == 0 ? Damage.Truncate(random.Next(LastDamagedByte)) : null;
            proxy.ToServer = turn % 2 == 1 ? Damage.Truncate(random.Next(LastDamagedByte)) : null;
            proxy.Cut();
            for (var n = 0; n < 3; n++)
            {
                sent.Add($"{turn:00}-{n}");
                await WriteAsync(sent[^1], partition: n);
            }

            var text = $"{turn:00}-published";
            if (await Record.ExceptionAsync(() => PublishAsync(broker, text).WaitAsync(TimeSpan.FromSeconds(60))) is not { } failure)
            {
                sent.Add(text);
            }
            else
            {
                Assert.True(failure is ComponentException, $"seed {seed}, turn {turn}: {failure}");
            }
        }

        (proxy.ToClient, proxy.ToServer) = (null, null);
        proxy.Cut();
        var lost = await MissingAsync(recorder, sent);
        Assert.True(lost.Length == 0, $"seed {seed}: {string.Join(", ", lost)} did not arrive\n{string.Join('\n', _logs.Lines)}");
    }

    [Fact]
    public async Task Bytes_ChangedAnywhereInBothDirections_NeitherCrashNorHang()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var publishers = FaultyProxy.Start(_server, posesAsServer: true);
        await using var consumers = FaultyProxy.Start(_server, posesAsServer: true);
        var publisher = await StartAsync(publishers);
        var consumer = await StartAsync(consumers);
        var recorder = new Recorder();
        var damaged = await SubscribeAsync(consumer, recorder);

        for (var turn = 0; turn < 20; turn++)
        {
            publishers.ToClient = RandomChange(random);
            publishers.ToServer = RandomChange(random);
            // Not to the consumer: an answer to a fetch that contradicts itself makes librdkafka 2.0.2 end the process with an
            // assertion, whatever the driver does.
            consumers.ToServer = RandomChange(random);
            publishers.Cut();
            consumers.Cut();
            await WriteAsync($"may arrive damaged {turn}", turn % Partitions);
            // Whatever the damage, publishing ends: taken or refused.
            var outcome = await Record.ExceptionAsync(() => PublishAsync(publisher, "x").WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.True(outcome is null or ComponentException, $"seed {seed}, turn {turn}: {outcome}");
        }

        (publishers.ToClient, publishers.ToServer, consumers.ToServer) = (null, null, null);
        publishers.Cut();
        consumers.Cut();
        // What was believed of a damaged answer or assignment stays believed until the next refresh or rebalance: nobody can tell it
        // from one that was meant. What starts now is not touched by it, in the same process.
        var ended = await Record.ExceptionAsync(() => PublishAsync(publisher, "x").WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.True(ended is null or ComponentException, $"seed {seed}, afterwards: {ended}");
        await damaged.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        var fresh = await StartAsync(publishers, ("clientID", "fresh"));
        await using var sound = await SubscribeAsync(await StartAsync(consumers, ("clientID", "fresh")), recorder);
        await PublishUntilTakenAsync(fresh, "sound");
        var lost = await MissingAsync(recorder, ["sound"]);
        Assert.True(lost.Length == 0, $"seed {seed}\n{string.Join('\n', _logs.Lines)}");
    }

    private static Damage RandomChange(Random random) => Damage.Corrupt(random.Next(LastDamagedByte), (byte)random.Next(1, 256));

    private Task<IPubSub> StartAsync(FaultyProxy proxy, params (string Name, string Value)[] extra) => _fixture.StartAsync<IPubSub>(
        "pubsub.kafka",
        "app",
        [
            .. KafkaPubSubConformance.At(proxy.Port), .. KafkaPubSubConformance.Broker09,
            ("initialOffset", "oldest"), ("readTimeout", "2s"), ("writeTimeout", "3s"), .. extra,
        ]);

    private Task<IAsyncDisposable> SubscribeAsync(IPubSub broker, Recorder recorder) =>
        broker.SubscribeAsync(new SubscribeRequest(_topic, $"app-{_topic}", NoMetadata), recorder.HandleAsync, default);

    private Task PublishAsync(IPubSub broker, string text) =>
        broker.PublishAsync(new OutgoingMessage(_topic, Encoding.UTF8.GetBytes(text), null, NoMetadata), default);

    private async Task PublishUntilTakenAsync(IPubSub broker, string text)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (await Record.ExceptionAsync(() => PublishAsync(broker, text)) is { } failure)
        {
            Assert.IsType<ComponentException>(failure);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, deadline.Token);
        }
    }

    private Task WriteAsync(string text, int partition = 0) => _raw
        .ProduceAsync(_topic, new Message<byte[]?, byte[]?> { Value = Encoding.UTF8.GetBytes(text) }, partition)
        .WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>What has still not arrived after a session of the longest kind and some more.</summary>
    private static async Task<string[]> MissingAsync(Recorder recorder, IReadOnlyCollection<string> sent)
    {
        var deadline = Stopwatch.StartNew();
        return await Eventually.Get(
            () => sent.Except(recorder.Texts).ToArray(),
            missing => missing.Length == 0 || deadline.Elapsed > TimeSpan.FromMinutes(3),
            TimeSpan.FromMinutes(4));
    }
}
