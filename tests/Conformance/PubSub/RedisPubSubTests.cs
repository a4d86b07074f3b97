using System.Text;
using DaprShop.Tests.Components;
using DaprShop.Tests.Servers;
using Sidecar.Components.PubSub;
using StackExchange.Redis;

namespace DaprShop.Tests.PubSub;

/// <summary>
/// pubsub.redis as another client sees it. That client is one we did not write, and it does what daprd would: it takes
/// entries as the same consumer, leaves them, and claims them.
/// </summary>
public abstract class RedisPubSubTests(RedisFixture redis) : IAsyncLifetime
{
    private protected static readonly Dictionary<string, string> NoMetadata = [];

    private readonly List<ComponentFixture> _processes = [];
    private ConnectionMultiplexer _connection = null!;

    private protected string Topic { get; } = UniqueName.Next("topic");

    private protected LogLines Logs { get; } = new();

    private protected RedisFixture Redis => redis;

    private protected IDatabase Oracle => _connection.GetDatabase();

    public async Task InitializeAsync() =>
        _connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{redis.Server.Port},allowAdmin=true,syncTimeout=10000");

    public async Task DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DeleteAsync();
        }

        _connection.Dispose();
        Logs.Dispose();
    }

    /// <summary>A sidecar's broker, with connections of its own.</summary>
    private protected Task<IPubSub> StartAsync(params (string Name, string Value)[] metadata)
    {
        var process = new ComponentFixture { UseManualClock = false, Loggers = Logs };
        _processes.Add(process);
        return process.StartAsync<IPubSub>(
            "pubsub.redis",
            "app",
            [("redisHost", $"127.0.0.1:{redis.Server.Port}"), ("processingTimeout", "1s"), ("redeliverInterval", "100ms"), .. metadata]);
    }

    private protected Task<IAsyncDisposable> SubscribeAsync(IPubSub broker, Recorder recorder) =>
        broker.SubscribeAsync(new SubscribeRequest(Topic, "app", NoMetadata), recorder.HandleAsync, default);

    private protected Task PublishAsync(IPubSub broker, string text, Dictionary<string, string>? metadata = null) =>
        broker.PublishAsync(new OutgoingMessage(Topic, Encoding.UTF8.GetBytes(text), "text/plain", metadata ?? NoMetadata), default);

    /// <summary>As daprd writes a message.</summary>
    private protected string Write(string text, string metadata = """{"traceparent":"00-1"}""") =>
        (string)Oracle.Execute("XADD", Topic, "*", "data", text, "metadata", metadata);

    /// <summary>As a daprd of the same app takes new messages.</summary>
    private protected string[] Take(int count) =>
        [.. Entries(((RedisResult[])((RedisResult[])Oracle.Execute("XREADGROUP", "GROUP", "app", "app", "COUNT", count, "STREAMS", Topic, ">"))[0])[1]).Select(entry => entry.Id)];

    private protected int PendingCount() => (int)((RedisResult[])Oracle.Execute("XPENDING", Topic, "app"))[0];

    private protected static IReadOnlyList<(string Id, string[] Fields)> Entries(RedisResult reply) =>
        [.. ((RedisResult[])reply).Select(entry => (RedisResult[])entry).Select(entry => ((string)entry[0], (string[])entry[1]))];
}
