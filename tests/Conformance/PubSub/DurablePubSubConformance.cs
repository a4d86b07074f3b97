using System.Diagnostics;
using System.Text;
using DaprShop.TestKit;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub;

/// <summary>Groups that share, order, retention: what outlives handlers that fail and processes that end.</summary>
public abstract partial class DurablePubSubConformance : PubSubConformance
{
    [Fact]
    public async Task Group_TwoConsumers_ShareTheMessagesEachOnce()
    {
        var first = NewRecorder();
        var second = NewRecorder();
        await using var one = await SubscribeAsync(first);
        await using var two = await SubscribeAsync(second, broker: await StartAsync());
        var sent = new List<string>();

        // Where consumers compete, one that got no time for a while has missed a whole batch: another one follows until both took part.
        await Eventually.Get(
            async () =>
            {
                var batch = Enumerable.Range(sent.Count, 400).Select(n => $"{n:00000}").ToArray();
                sent.AddRange(batch);
                await Task.WhenAll(batch.Select(text => PublishAsync(text)));
                await Eventually.True(() => first.Count + second.Count >= sent.Count, Driver.Patience);
                return (First: first.Count, Second: second.Count);
            },
            have => have is { First: > 0, Second: > 0 },
            Driver.Patience);
        Assert.Equal(sent, first.Texts.Concat(second.Texts).Order());
    }

    [Fact]
    public async Task Order_OneHandlerAtATime_IsThatOfPublishing()
    {
        var broker = await StartAsync(Driver.Serial);
        var recorder = NewRecorder();
        await using var subscription = await SubscribeAsync(recorder, broker: broker);
        var sent = Enumerable.Range(0, 200).Select(n => (Key: $"key{n % 5}", Text: $"key{n % 5}: {n}")).ToArray();

        foreach (var (key, text) in sent)
        {
            await PublishAsync(text, key: key);
        }

        var received = await recorder.WaitForAsync(sent.Length);
        var keys = sent.Select(item => item.Key).Distinct();
        Assert.All(keys, key => Assert.Equal(
            sent.Where(item => item.Key == key).Select(item => item.Text),
            received.Where(text => text.StartsWith($"{key}:", StringComparison.Ordinal))));
        Assert.True(Driver.OrderPerKey || received.SequenceEqual(sent.Select(item => item.Text)));
    }

    [Fact]
    public async Task Handlers_AtOnce_AreAsManyAsSet()
    {
        var (settings, atOnce) = Driver.Parallel is { } parallel ? (parallel(3), 3) : ([], 1);
        var broker = await StartAsync(settings);
        var gate = new TaskCompletionSource();
        var recorder = NewRecorder((_, _) => gate.Task);
        await using var subscription = await SubscribeAsync(recorder, broker: broker);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => PublishAsync($"{n}", key: "one")));

        await recorder.WaitForAsync(atOnce);
        Assert.Equal(atOnce, recorder.Count);
        gate.SetResult();
        await recorder.WaitForAsync(8);
    }

    [Fact]
    public async Task Publish_WhileNoConsumerRuns_IsDeliveredWhenItComesBack()
    {
        await using (await SubscribeAsync(NewRecorder()))
        {
        }

        await PublishAsync("while away");

        var recorder = NewRecorder();
        await using var subscription = await SubscribeAsync(recorder);
        Assert.Equal(["while away"], await recorder.WaitForAsync(1));
    }

    [Fact]
    public async Task Publish_WithATimeToLive_ExpiresOnlyWhereTheBrokerClaimsIt()
    {
        await using (await SubscribeAsync(NewRecorder()))
        {
        }

        var limited = new OutgoingMessage(
            Topic, Encoding.UTF8.GetBytes("limited"), null, new Dictionary<string, string> { ["ttlInSeconds"] = "1" });
        await Broker.PublishAsync(limited, default);
        var published = Stopwatch.StartNew();
        await PublishAsync("unlimited");
        await Eventually.True(() => published.Elapsed > TimeSpan.FromSeconds(2));

        var recorder = NewRecorder();
        await using var subscription = await SubscribeAsync(recorder);
        string[] expected = Driver.MessageTtl ? ["unlimited"] : ["limited", "unlimited"];
        Assert.Equal(expected, (await recorder.WaitForAsync(expected.Length)).Order());
    }

    [Fact]
    public async Task Group_ThatComesLate_GetsTheOldMessagesOnlyWhereTheyAreRetained()
    {
        var early = NewRecorder();
        await using var one = await SubscribeAsync(early, group: $"{Group}-early");
        await PublishAsync("old");
        await early.WaitForAsync(1);

        var late = NewRecorder();
        await using var two = await SubscribeAsync(late, group: $"{Group}-late");
        await PublishAsync("young");

        string[] expected = Driver.RetainsForLateGroups ? ["old", "young"] : ["young"];
        Assert.Equal(expected, (await late.WaitForAsync(expected.Length)).Order());
    }

    [Fact]
    public async Task Reopen_AcknowledgedMessages_DoNotComeAgain()
    {
        var before = NewRecorder();
        await using (await SubscribeAsync(before))
        {
            await PublishAsync("done");
            await before.WaitForAsync(1);
        }

        await PublishAsync("new");
        await Fixture.StopAsync();
        await InitializeAsync();

        var after = NewRecorder();
        await using var subscription = await SubscribeAsync(after);
        Assert.Equal(["new"], await after.WaitForAsync(1));
    }

    [Fact]
    public async Task Publish_FiveThousandToTwoGroups_LosesNone()
    {
        var one = NewRecorder();
        var two = NewRecorder();
        await using var first = await SubscribeAsync(one, group: $"{Group}-one");
        await using var second = await SubscribeAsync(two, group: $"{Group}-two");
        var sent = Enumerable.Range(0, 5000).Select(n => $"{n:0000}").ToArray();

        await Parallel.ForEachAsync(sent, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (text, _) => await PublishAsync(text));

        await Eventually.True(() => one.Count >= sent.Length && two.Count >= sent.Length, Driver.Patience * 2);
        Assert.Equal(sent, one.Texts.Order());
        Assert.Equal(sent, two.Texts.Order());
    }
}
