using System.Globalization;
using DaprShop.TestKit.Servers;
using StackExchange.Redis;

namespace DaprShop.Tests;

/// <summary>
/// One of a server's databases, empty, for one test; seen through StackExchange.Redis, a client that we did not write. Classes run side
/// by side, so each test takes the next of the sixteen.
/// </summary>
internal sealed class RedisDatabase
{
    private const int Databases = 16;

    private static readonly Dictionary<int, ConnectionMultiplexer> Connections = [];
    private static int _next;

    private readonly IDatabase _database;

    private RedisDatabase(int port, ConnectionMultiplexer connection, int number)
    {
        (Port, Number) = (port, number);
        _database = connection.GetDatabase(number);
    }

    public int Port { get; }

    public int Number { get; }

    /// <summary>What a component needs to use it.</summary>
    public (string Name, string Value)[] Metadata =>
        [("redisHost", $"127.0.0.1:{Port}"), ("redisDB", Number.ToString(CultureInfo.InvariantCulture))];

    /// <param name="number">Null: the next one.</param>
    public static async Task<RedisDatabase> EmptyAsync(RedisServer server, int? number = null)
    {
        ConnectionMultiplexer? connection;
        lock (Connections)
        {
            if (!Connections.TryGetValue(server.Port, out connection))
            {
                Connections[server.Port] = connection = ConnectionMultiplexer.Connect($"127.0.0.1:{server.Port},allowAdmin=true,abortConnect=false,syncTimeout=30000,connectTimeout=30000");
            }
        }

        var database = new RedisDatabase(server.Port, connection, number ?? Interlocked.Increment(ref _next) % Databases);
        await database.ExecuteAsync("FLUSHDB");
        return database;
    }

    public Task<RedisResult> ExecuteAsync(string command, params object[] arguments) => _database.ExecuteAsync(command, arguments);

    public async Task<List<(string Field, string Value)>> HashAsync(string key) =>
        [.. (await _database.HashGetAllAsync(key)).Select(entry => ((string)entry.Name, (string)entry.Value)).OrderBy(entry => entry.Item1, StringComparer.Ordinal)];

    /// <summary>Takes so much from what every key has left to live: time passes without anybody waiting.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        foreach (var name in (RedisResult[])await ExecuteAsync("KEYS", "*"))
        {
            var key = (RedisKey)name;
            if (await _database.KeyTimeToLiveAsync(key) is { } left)
            {
                await (left > time ? _database.KeyExpireAsync(key, left - time) : _database.KeyDeleteAsync(key));
            }
        }
    }
}
