using DaprShop.TestKit;
using DaprShop.Tests.Servers;
using Sidecar.Components;

namespace DaprShop.Tests.PubSub;

/// <summary>Entries that daprd never wrote, servers that lost their data or refuse to write: said in words, and it goes on.</summary>
public sealed class RedisDamageTests(OwnRedis redis) : RedisPubSubTests(redis), IClassFixture<OwnRedis>
{
    [Theory]
    [InlineData("", "other", "field")]
    [InlineData("text", "data", "text")]
    [InlineData("text", "data", "text", "data", "second")]
    [InlineData("text", "data", "text", "metadata", "")]
    [InlineData("text", "data", "text", "metadata", "{not json")]
    [InlineData("text", "data", "text", "metadata", "[1,2]")]
    [InlineData("text", "data", "text", "metadata", """{"number":1,"nested":{"a":"b"}}""")]
    [InlineData("text", "data", "text", "metadata", """{"half":"\ud800"}""")]
    [InlineData("", "metadata", "{}", "Data", "wrong case")]
    public async Task Entry_ThatNobodyShouldWrite_IsDeliveredOnceAndDoesNotStopTheOthers(string data, params string[] fields)
    {
        var broker = await StartAsync(("concurrency", "1"));
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);

        Oracle.Execute("XADD", [Topic, "*", .. fields]);
        Write("after it");

        Assert.Equal([data, "after it"], await recorder.WaitForAsync(2));
        await Eventually.True(() => PendingCount() == 0);
    }

    [Fact]
    public async Task Group_LostWithTheData_IsCreatedAgainAndSaidSo()
    {
        var broker = await StartAsync();
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);
        Write("before");
        await recorder.WaitForAsync(1);

        Oracle.Execute("FLUSHALL");
        Write("after");

        Assert.Equal(["before", "after"], await recorder.WaitForAsync(2));
        Assert.Contains(Logs.Lines, line => line.StartsWith($"Warning: Redis lost group app of topic {Topic}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Topic_ThatIsNoStream_FailsPublishAndSubscribeWithTheServersWords()
    {
        var broker = await StartAsync();
        Oracle.StringSet(Topic, "a plain value");

        var publish = await Assert.ThrowsAsync<ComponentException>(() => PublishAsync(broker, "x"));
        var subscribe = await Assert.ThrowsAsync<ComponentException>(() => SubscribeAsync(broker, new Recorder()));

        Assert.Contains("WRONGTYPE", publish.Message, StringComparison.Ordinal);
        Assert.Contains("WRONGTYPE", subscribe.Message, StringComparison.Ordinal);
        Assert.Contains(Topic, subscribe.Message, StringComparison.Ordinal);
        Assert.Equal("a plain value", (string)Oracle.StringGet(Topic)!);
    }

    [Theory]
    [InlineData("OOM", "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0")]
    [InlineData("NOREPLICAS", "CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0")]
    [InlineData("READONLY", "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE")]
    public async Task Publish_ServerTakesNoWrites_IsAnErrorUntilItDoesAgain(string error, string begin, string end)
    {
        var broker = await StartAsync();
        await PublishAsync(broker, "before");
        Run(begin);

        ComponentException refused;
        try
        {
            refused = await Assert.ThrowsAsync<ComponentException>(() => PublishAsync(broker, "refused"));
        }
        finally
        {
            Run(end);
        }

        Assert.Contains(error, refused.Message, StringComparison.Ordinal);
        await PublishAsync(broker, "after");
        Assert.Equal(["before", "after"], Entries(Oracle.Execute("XRANGE", Topic, "-", "+")).Select(entry => entry.Fields[1]));
    }

    private void Run(string command)
    {
        var words = command.Split(' ');
        Oracle.Execute(words[0], words[1..]);
    }
}
