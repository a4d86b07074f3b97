using System.Diagnostics;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.Tests.Servers;
using Sidecar.Components;

namespace DaprShop.Tests.PubSub;

/// <summary>A network between sidecar and broker that resets, refuses, goes silent, cuts short and changes bytes.</summary>
public sealed class RabbitMqNetworkTests : RabbitMqPubSubTests
{
    // The handshake, the declarations and some messages lie before it.
    private const int LastDamagedByte = 3000;

    private static readonly (string, string)[] Kept =
        [("deletedWhenUnused", "false"), ("publisherConfirm", "true"), ("requeueInFailure", "true"), ("heartBeat", "1s"), ("reconnectWaitSeconds", "1s")];

    [Fact]
    public async Task Connections_ResetAgainAndAgain_LoseNothingAcknowledged()
    {
        await using var proxy = FaultyProxy.Start(Server.Port);
        var broker = await StartAsync([.. Kept, Through(proxy)]);
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);

        await Resets.LoseNothingAsync(proxy, recorder, text => PublishUntilTakenAsync(broker, text));
    }

    [Fact]
    public async Task Network_SilentThenBack_FailsInTimeAndRecovers()
    {
        await using var proxy = FaultyProxy.Start(Server.Port);
        var broker = await StartAsync([.. Kept, Through(proxy)]);
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);
        await PublishAsync(broker, "before");
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

    [Fact]
    public async Task Peer_NeverAnswersTheHandshake_InitFailsInTime()
    {
        await using var proxy = FaultyProxy.Start(Server.Port);
        proxy.Blackhole = true;
        var watch = Stopwatch.StartNew();

        var failure = await Assert.ThrowsAsync<ComponentException>(() => StartAsync(Through(proxy)));

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        Assert.Equal($"rabbitmq: cannot connect to 127.0.0.1:{proxy.Port}: no answer in time: check hostname, port and protocol", failure.Message);
    }

    [Fact]
    public async Task Bytes_CutShortAnywhere_LoseNothing()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var proxy = FaultyProxy.Start(Server.Port);
        var broker = await StartAsync([.. Kept, Through(proxy)]);
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);
        var sent = new List<string>();

        for (var turn = 0; turn < 30; turn++)
        {
            proxy.ToClient = turn % 2 == 0 ? Damage.Truncate(random.Next(LastDamagedByte)) : null;
            proxy.ToServer = turn % 2 == 1 ? Damage.Truncate(random.Next(LastDamagedByte)) : null;
            proxy.Cut();
            for (var n = 0; n < 3; n++)
            {
                sent.Add($"{turn:00}-{n}");
                await WriteAsync(sent[^1]);
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
        await Eventually.Get(() => sent.Except(recorder.Texts).Count(), missing => missing == 0);
        Assert.True(!sent.Except(recorder.Texts).Any(), $"seed {seed}");
    }

    [Fact]
    public async Task Bytes_ChangedAnywhereInBothDirections_NeitherCrashNorHang()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var proxy = FaultyProxy.Start(Server.Port);
        var broker = await StartAsync([.. Kept, Through(proxy)]);
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);

        for (var turn = 0; turn < 30; turn++)
        {
            proxy.ToClient = Damage.Corrupt(random.Next(LastDamagedByte), (byte)random.Next(1, 256));
            proxy.ToServer = Damage.Corrupt(random.Next(LastDamagedByte), (byte)random.Next(1, 256));
            proxy.Cut();
            await WriteAsync($"may arrive damaged {turn}");
            // Whatever the damage, publishing ends: taken or refused.
            var outcome = await Record.ExceptionAsync(() => PublishAsync(broker, "x").WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.True(outcome is null or ComponentException, $"seed {seed}, turn {turn}: {outcome}");
        }

        (proxy.ToClient, proxy.ToServer) = (null, null);
        proxy.Cut();
        await PublishUntilTakenAsync(broker, "sound");
        await Eventually.Get(() => recorder.Texts.Contains("sound"), arrived => arrived);
        Assert.True(recorder.Texts.Contains("sound"), $"seed {seed}");
    }

    [Theory]
    [InlineData("password", "wrong", "the broker refused user 'guest': check username and password, and whether the user may log in from this host")]
    [InlineData("connectionString", "amqp://nobody:secret@127.0.0.1:{port}", "the broker refused user 'nobody'")]
    [InlineData("connectionString", "amqp://guest:guest@127.0.0.1:{port}/nowhere", "the broker refused the connection: NOT_ALLOWED - vhost nowhere not found")]
    public async Task Init_LoginThatTheBrokerRefuses_SaysWhatToLookAt(string name, string value, string reason)
    {
        var watch = Stopwatch.StartNew();

        var failure = await Assert.ThrowsAsync<ComponentException>(() =>
            StartAsync(("username", "guest"), (name, value.Replace("{port}", $"{Server.Port}", StringComparison.Ordinal))));

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        Assert.Contains($"rabbitmq: cannot connect to 127.0.0.1:{Server.Port}: {reason}", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
    }

    private static (string Name, string Value) Through(FaultyProxy proxy) => ("hostname", $"127.0.0.1:{proxy.Port}");
}
