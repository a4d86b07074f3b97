using DaprShop.TestKit.Servers;

namespace DaprShop.Tests.Lock;

public sealed class SqliteLockConformance : LockStoreConformance
{
    private protected override (string Type, (string Name, string Value)[] Metadata, bool Durable) Driver { get; } =
        ("lock.sqlite", [("connectionString", "lock.db")], true);
}

public sealed class RedisLockConformance : LockStoreConformance
{
    private RedisDatabase _database = null!;

    private protected override (string Type, (string Name, string Value)[] Metadata, bool Durable) Driver =>
        ("lock.redis", _database.Metadata, true);

    private protected override async Task PrepareAsync() => _database = await RedisDatabase.EmptyAsync(await RedisServer.Shared);

    private protected override Task PassAsync(TimeSpan time) => _database.PassAsync(time);

    [Fact]
    public async Task Layout_OfALock_IsDaprds()
    {
        await Locks.TryLockAsync("lock||app||resource", "owner", TimeSpan.FromSeconds(30), default);

        Assert.Equal("owner", (string?)await _database.ExecuteAsync("GET", "lock||app||resource"));
        Assert.InRange((long)await _database.ExecuteAsync("PTTL", "lock||app||resource"), 20_000, 30_000);
    }
}
