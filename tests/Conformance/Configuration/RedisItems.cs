using Sidecar.Clients.Redis;
using Sidecar.Components;

namespace DaprShop.Tests.Configuration;

/// <summary>A program that writes configuration into a Redis server as daprd's documentation says: "value" or "value||version".</summary>
internal sealed class RedisItems(int port, int database) : IAsyncDisposable
{
    private readonly RedisClient _client = new(
        new RedisOptions(
            "127.0.0.1", port, null, null, database, false, false, null, 3,
            TimeSpan.FromMilliseconds(8), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10)),
        TimeProvider.System);

    public Task<RespValue> RunAsync(params string[] command) =>
        _client.ExecuteAsync(RedisCommand.Of([.. command.Select(word => (RedisArgument)word)]), default);

    public Task PutAsync(string key, string value, string version = "") => RunAsync("SET", key, Stored(value, version));

    public Task PutAllAsync(IEnumerable<(string Key, string Value)> items) =>
        _client.SendAsync([.. items.Select(item => RedisCommand.Of("SET", item.Key, item.Value))], default);

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private static string Stored(string value, string version) => version.Length == 0 ? value : $"{value}||{version}";
}
