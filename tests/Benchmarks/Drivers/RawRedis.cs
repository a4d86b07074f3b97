using StackExchange.Redis;

namespace DaprShop.Benchmarks.Drivers;

/// <summary>Streams and groups as pubsub.redis uses them. The client is older than streams, so the commands are spelled out.</summary>
internal sealed class RawRedis(string address) : IRawBroker
{
    private const string Group = "bench";

    private readonly ConnectionMultiplexer _client = ConnectionMultiplexer.Connect($"{address},syncTimeout=10000");

    // A blocking read keeps its connection to itself.
    private readonly ConnectionMultiplexer _reader = ConnectionMultiplexer.Connect($"{address},syncTimeout=10000");
    private readonly CancellationTokenSource _stopping = new();
    private Task _reading = Task.CompletedTask;

    public Task PrepareAsync(string topic) => Task.CompletedTask;

    public Task PublishAsync(string topic, byte[] data) => _client.GetDatabase().ExecuteAsync("XADD", (RedisKey)topic, "*", "data", data);

    public async Task SubscribeAsync(string topic, Action<ReadOnlyMemory<byte>> handler)
    {
        await _client.GetDatabase().ExecuteAsync("XGROUP", "CREATE", (RedisKey)topic, Group, "$", "MKSTREAM");
        _reading = ReadAsync(topic, handler);
    }

    public Task CleanAsync(string topic) => _client.GetDatabase().ExecuteAsync("XTRIM", (RedisKey)topic, "MAXLEN", 0);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading;
        _stopping.Dispose();
        await _client.CloseAsync();
        await _reader.CloseAsync();
    }

    private async Task ReadAsync(string topic, Action<ReadOnlyMemory<byte>> handler)
    {
        var database = _reader.GetDatabase();
        while (!_stopping.IsCancellationRequested)
        {
            var streams = await database.ExecuteAsync(
                "XREADGROUP", "GROUP", Group, Group, "COUNT", 100, "BLOCK", 1000, "STREAMS", (RedisKey)topic, ">");
            if (streams.IsNull)
            {
                continue;
            }

            foreach (var entry in (RedisResult[])((RedisResult[])((RedisResult[])streams)[0])[1])
            {
                var parts = (RedisResult[])entry;
                handler((byte[])((RedisResult[])parts[1])[1]);
                _ = _client.GetDatabase().ExecuteAsync("XACK", (RedisKey)topic, Group, (RedisValue)parts[0]);
            }
        }
    }
}
