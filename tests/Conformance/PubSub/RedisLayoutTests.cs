using System.Globalization;
using DaprShop.TestKit;
using DaprShop.Tests.Servers;
using StackExchange.Redis;

namespace DaprShop.Tests.PubSub;

/// <summary>What is on the server, so that daprd and our sidecar can share it.</summary>
public sealed class RedisLayoutTests(SharedRedis redis) : RedisPubSubTests(redis), IClassFixture<SharedRedis>
{
    [Fact]
    public async Task Publish_Message_IsAnEntryOfDataAndMetadata()
    {
        var broker = await StartAsync();

        await PublishAsync(broker, "hello", new Dictionary<string, string> { ["ttlInSeconds"] = "5", ["q"] = "it's \"x\"" });

        var (id, fields) = Assert.Single(Entries(Oracle.Execute("XRANGE", Topic, "-", "+")));
        Assert.Matches("^[0-9]{13}-0$", id);
        Assert.Equal(["data", "hello", "metadata"], fields[..3]);
        Assert.Equal(
            new Dictionary<string, string> { ["ttlInSeconds"] = "5", ["q"] = "it's \"x\"" },
            System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(fields[3]));
    }

    [Fact]
    public async Task Subscribe_Group_IsNamedLikeItsConsumerAndAcknowledgesWhatWasHandled()
    {
        var broker = await StartAsync();
        var recorder = new Recorder();
        Write("from the beginning");

        await using var subscription = await SubscribeAsync(broker, recorder);
        await recorder.WaitForAsync(1);

        await Eventually.True(() => PendingCount() == 0);
        Assert.Equal("app", Field(Oracle.Execute("XINFO", "GROUPS", Topic), "name"));
        Assert.Equal("app", Field(Oracle.Execute("XINFO", "CONSUMERS", Topic, "app"), "name"));
    }

    [Fact]
    public async Task ConsumerId_Given_IsGroupAndConsumer()
    {
        var broker = await StartAsync(("consumerID", "another"));
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);

        Write("x");

        await recorder.WaitForAsync(1);
        Assert.Equal("another", Field(Oracle.Execute("XINFO", "GROUPS", Topic), "name"));
        Assert.Equal("another", Field(Oracle.Execute("XINFO", "CONSUMERS", Topic, "another"), "name"));
    }

    [Fact]
    public async Task Entry_WrittenAsDaprdDoes_IsReadWithItsMetadata()
    {
        var broker = await StartAsync();
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);

        Write("{\"id\":1}", """{"traceparent":"00-4bf9","x":"\u003c"}""");
        Oracle.Execute("XADD", Topic, "*", "metadata", "null", "data", "swapped");

        Assert.Equal(["swapped", "{\"id\":1}"], (await recorder.WaitForAsync(2)).Order());
        var first = recorder.Messages.Single(message => message.Metadata.Count > 0);
        Assert.Equal(("00-4bf9", "<"), (first.Metadata["traceparent"], first.Metadata["x"]));
    }

    [Fact]
    public async Task MaxLenApprox_Given_TrimsTheOldestEntries()
    {
        var broker = await StartAsync(("maxLenApprox", "100"));

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(n => PublishAsync(broker, $"{n}")));

        // Whole nodes of 100 entries are trimmed, by the server's default.
        Assert.InRange((int)Oracle.Execute("XLEN", Topic), 100, 200);
    }

    [Fact]
    public async Task StreamTtl_Given_TrimsEntriesByTheirAge()
    {
        var broker = await StartAsync(("streamTTL", "1h"));
        for (var n = 1; n <= 250; n++)
        {
            Oracle.Execute("XADD", Topic, string.Create(CultureInfo.InvariantCulture, $"{n}-0"), "data", "old");
        }

        await PublishAsync(broker, "new");

        var left = Entries(Oracle.Execute("XRANGE", Topic, "-", "+"));
        Assert.InRange(left.Count, 1, 51);
        Assert.Equal("new", left[^1].Fields[1]);
    }

    private static string Field(RedisResult reply, string name)
    {
        var fields = (RedisResult[])Assert.Single((RedisResult[])reply);
        return (string)fields[Array.FindIndex(fields, field => (string)field == name) + 1];
    }
}
