using System.Diagnostics;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.Tests.Servers;
using Sidecar.Components;

namespace DaprShop.Tests.PubSub;

/// <summary>A broker that takes no messages, low on memory or disk: it stops reading, and says so if it is listened to.</summary>
public sealed class RabbitMqAlarmTests(SharedRabbitMq rabbit) : RabbitMqPubSubTests, IClassFixture<SharedRabbitMq>
{
    [Fact]
    public async Task Publish_BrokerBlocks_FailsInTimeWithTheReasonWhileConsumingGoesOn()
    {
        var broker = await StartAsync(("deletedWhenUnused", "false"), ("publisherConfirm", "true"), ("prefetchCount", "1"));
        var gate = new TaskCompletionSource();
        var recorder = new Recorder { Then = (_, _) => gate.Task };
        await using var subscription = await SubscribeAsync(broker, recorder);
        await Task.WhenAll(PublishAsync(broker, "one"), PublishAsync(broker, "two"));
        await recorder.WaitForAsync(1);

        await Server.ControlAsync("set_vm_memory_high_watermark", "absolute", "1");
        var watch = Stopwatch.StartNew();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 1000).Select(n => Record.ExceptionAsync(() => PublishAsync(broker, $"blocked {n}"))));
        var elapsed = watch.Elapsed;
        gate.SetResult();
        await recorder.WaitForAsync(2);
        await Server.ControlAsync("set_vm_memory_high_watermark", "0.4");

        Assert.All(outcomes, outcome => Assert.IsType<ComponentException>(outcome));
        Assert.All(outcomes, outcome => Assert.Contains("takes no messages for now (low on memory)", outcome!.Message, StringComparison.Ordinal));
        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        await PublishUntilTakenAsync(broker, "after");
        await Eventually.True(() => recorder.Texts.Contains("after"));
        Assert.Contains(Logs.Lines, line => line.EndsWith("takes messages again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Publish_BlockedForAMoment_WaitsAndSucceeds()
    {
        var broker = await StartAsync(("deletedWhenUnused", "false"), ("publisherConfirm", "true"));
        await PublishAsync(broker, "before");
        await Server.ControlAsync("set_vm_memory_high_watermark", "absolute", "1");

        var publishing = PublishAsync(broker, "waits");
        await Eventually.True(() => Logs.Lines.Any(line => line.EndsWith("takes no messages for now: low on memory", StringComparison.Ordinal)));
        Assert.False(publishing.IsCompleted);
        await Server.ControlAsync("set_vm_memory_high_watermark", "0.4");

        await publishing;
    }

    private protected override Task<RabbitMqServer> ServerAsync() => Task.FromResult(rabbit.RabbitMq);
}
