using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.Tests.Servers;
using Sidecar.Components;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub;

/// <summary>A network between sidecar and server that resets, refuses, cuts short and changes bytes.</summary>
public sealed class RedisNetworkTests(SharedRedis redis) : RedisPubSubTests(redis), IClassFixture<SharedRedis>
{
    // A connection's first replies, and the middle of a batch of entries.
    private const int LastDamagedByte = 600;

    [Fact]
    public async Task Connections_ResetAgainAndAgain_LoseNothingAcknowledged()
    {
        await using var proxy = FaultyProxy.Start(Redis.Server.Port);
        var broker = await StartAsync(Through(proxy));
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);

        await Resets.LoseNothingAsync(proxy, recorder, text => PublishUntilTakenAsync(broker, text));
    }

    [Fact]
    public async Task Network_SilentThenBack_DeliversWhatWasPublishedMeanwhile()
    {
        await using var proxy = FaultyProxy.Start(Redis.Server.Port);
        var broker = await StartAsync([.. Through(proxy), ("readTimeout", "2s"), ("redisMaxRetries", "1")]);
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);
        Write("before");
        await recorder.WaitForAsync(1);

        proxy.Blackhole = true;
        Write("meanwhile");
        await Assert.ThrowsAsync<ComponentException>(() => PublishAsync(broker, "not taken").WaitAsync(TimeSpan.FromSeconds(30)));
        proxy.Blackhole = false;

        await Eventually.True(() => recorder.Texts.Contains("meanwhile"));
    }

    [Fact]
    public async Task Replies_CutShortAtAnyByte_LoseNothing()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var proxy = FaultyProxy.Start(Redis.Server.Port);
        var recorder = new Recorder();
        var broker = await StartAsync([.. Through(proxy), ("queueDepth", "20")]);
        await using var subscription = await SubscribeAsync(broker, recorder);
        var sent = new List<string>();

        for (var turn = 0; turn < 40; turn++)
        {
            proxy.ToClient = Damage.Truncate(random.Next(LastDamagedByte));
            proxy.Cut();
            for (var n = 0; n < 5; n++)
            {
                sent.Add($"{turn:00}-{n}");
                Write(sent[^1]);
            }
        }

        proxy.ToClient = null;
        proxy.Cut();
        await Eventually.Get(() => recorder.Texts.Distinct().Count(), count => count == sent.Count);
        Assert.True(sent.SequenceEqual(recorder.Texts.Distinct().Order()), $"seed {seed}");
    }

    [Fact]
    public async Task Bytes_ChangedAnywhereInBothDirections_NeitherCrashNorHang()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var proxy = FaultyProxy.Start(Redis.Server.Port);
        var recorder = new Recorder();
        var broker = await StartAsync(Through(proxy));
        await using var subscription = await SubscribeAsync(broker, recorder);

        for (var turn = 0; turn < 40; turn++)
        {
            proxy.ToClient = Damage.Corrupt(random.Next(LastDamagedByte), (byte)random.Next(1, 256));
            proxy.ToServer = Damage.Corrupt(random.Next(LastDamagedByte), (byte)random.Next(1, 256));
            proxy.Cut();
            Write($"may arrive damaged {turn}");
            // Whatever the damage, publishing ends: taken or refused.
            var outcome = await Record.ExceptionAsync(() => PublishAsync(broker, "x").WaitAsync(TimeSpan.FromSeconds(40)));
            Assert.True(outcome is null or ComponentException, $"seed {seed}: {outcome}");
        }

        (proxy.ToClient, proxy.ToServer) = (null, null);
        proxy.Cut();
        await PublishUntilTakenAsync(broker, "sound");
        await Eventually.Get(() => recorder.Texts.Contains("sound"), arrived => arrived);
        Assert.True(recorder.Texts.Contains("sound"), $"seed {seed}");
    }

    private static (string Name, string Value)[] Through(FaultyProxy proxy) => [("redisHost", $"127.0.0.1:{proxy.Port}")];

    private async Task PublishUntilTakenAsync(IPubSub broker, string text)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (await Record.ExceptionAsync(() => PublishAsync(broker, text)) is { } failure)
        {
            Assert.IsType<ComponentException>(failure);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, deadline.Token);
        }
    }
}
