using DaprShop.TestKit.Servers;

namespace DaprShop.Tests.Servers;

/// <summary>A Redis as <c>infra up redis</c> starts it.</summary>
public abstract class RedisFixture : IAsyncLifetime
{
    internal RedisServer Redis { get; private protected set; } = null!;

    internal BrokerServer Server => new(Redis.Port, Redis.KillAsync, Redis.StartAgainAsync, Redis.PauseAsync, Redis.ResumeAsync);

    public abstract Task InitializeAsync();

    public abstract Task DisposeAsync();
}

/// <summary>One for all tests of streams that keep to topics of their own. It ends with the process.</summary>
public sealed class SharedRedis : RedisFixture
{
    // Not the one of the other kinds of component, whose tests empty whole databases.
    private static readonly Lazy<Task<RedisServer>> ProcessWide = new(() => RedisServer.StartAsync());

    public override async Task InitializeAsync() => Redis = await ProcessWide.Value;

    public override Task DisposeAsync() => Task.CompletedTask;
}

/// <summary>For one class of tests, which may kill, empty and reconfigure it. What it answered survives a kill, also on a slow disk.</summary>
public sealed class OwnRedis : RedisFixture
{
    public override async Task InitializeAsync() => Redis = await RedisServer.StartAsync(durable: true);

    public override async Task DisposeAsync() => await Redis.DisposeAsync();
}
