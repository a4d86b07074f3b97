namespace DaprShop.TestKit.Servers;

public sealed class RedisServer : LaunchedServer
{
    private static readonly Lazy<Task<RedisServer>> ProcessWide = new(() => StartAsync());

    private RedisServer(bool durable)
        : base("redis", durable ? ["--durable"] : [])
    {
    }

    /// <summary>One for every test of this process that keeps to keys of its own; it ends with the process.</summary>
    public static Task<RedisServer> Shared => ProcessWide.Value;

    /// <param name="durable">What was answered is on the disk; else it is there within a second or two, and a kill before then may lose it.</param>
    public static async Task<RedisServer> StartAsync(bool durable = false)
    {
        var server = new RedisServer(durable);
        await server.LaunchAsync();
        return server;
    }
}
