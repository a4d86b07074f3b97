namespace DaprShop.TestKit.Servers;

public sealed class KafkaServer : LaunchedServer
{
    private static readonly Lazy<Task<KafkaServer>> ProcessWide = new(() => StartAsync());

    private KafkaServer()
        : base("kafka", "--alone")
    {
    }

    /// <summary>One for every test of this process that keeps to topics and groups of its own; it ends with the process.</summary>
    public static Task<KafkaServer> Shared => ProcessWide.Value;

    public static async Task<KafkaServer> StartAsync()
    {
        var server = new KafkaServer();
        await server.LaunchAsync();
        return server;
    }

    /// <summary>kill -9 of the broker and of its ZooKeeper, as when the machine goes.</summary>
    public async Task KillAllAsync()
    {
        await KillAsync("server");
        await KillAsync("zookeeper");
    }
}
