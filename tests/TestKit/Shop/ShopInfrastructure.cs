using System.Globalization;
using DaprShop.TestKit.Servers;

namespace DaprShop.TestKit.Shop;

/// <summary>
/// The component set that a shop under test runs on, with servers of its own. <c>SHOP_STACK</c> names the set: the same suite,
/// unchanged, passes on each. The set is the repository's, but for the servers' addresses.
/// </summary>
public sealed class ShopInfrastructure : IAsyncDisposable
{
    private readonly IReadOnlyList<LaunchedServer> _servers;

    private ShopInfrastructure(string? resourcesPath, params IReadOnlyList<LaunchedServer> servers) => (ResourcesPath, _servers) = (resourcesPath, servers);

    public const string Embedded = "embedded";

    /// <summary>The set that this run of the tests is about.</summary>
    public static string Name { get; } = Environment.GetEnvironmentVariable("SHOP_STACK") is { Length: > 0 } name ? name : Embedded;

    /// <summary>Null: what dapr.yaml itself says.</summary>
    public string? ResourcesPath { get; }

    /// <summary>Store and broker; none where they are files.</summary>
    public IReadOnlyList<LaunchedServer> Servers => _servers;

    /// <summary>The processes of its servers, by name.</summary>
    public IReadOnlyDictionary<string, int> Pids => _servers.ToDictionary(server => server.Name, server => server.Pid);

    /// <summary>False: store and broker are files, and whoever writes them is the launcher.</summary>
    public bool HasServers => _servers.Count > 0;

    /// <param name="folder">The copy of the set is written below it.</param>
    /// <param name="name">The set; null: the one that this run of the tests is about.</param>
    /// <param name="others">What else the files say otherwise, by how they say it, such as the port of a mail server.</param>
    /// <param name="durable">
    /// Redis syncs before it answers, for whoever kills it: with <c>everysec</c> it may keep back the write of what it answered for up to 2 s
    /// while a sync takes long.
    /// </param>
    /// <param name="route">The port by which the shop reaches a server, such as that of a faulty proxy; null: the server's own.</param>
    public static async Task<ShopInfrastructure> StartAsync(
        string folder, string? name = null, IReadOnlyDictionary<string, string>? others = null, bool durable = false, Func<LaunchedServer, int>? route = null)
    {
        name ??= Name;
        if (name == Embedded)
        {
            return new ShopInfrastructure(others is null ? null : Copy(folder, name, new Dictionary<string, string>(others)));
        }

        string Port(LaunchedServer server) => (route?.Invoke(server) ?? server.Port).ToString(CultureInfo.InvariantCulture);
        var redis = await RedisServer.StartAsync(durable);
        var addresses = new Dictionary<string, string>(others ?? new Dictionary<string, string>()) { ["localhost:6379"] = $"localhost:{Port(redis)}" };
        switch (name)
        {
            case "redis":
                return new ShopInfrastructure(Copy(folder, name, addresses), redis);
            case "rabbitmq":
                var rabbit = await RabbitMqServer.StartAsync();
                addresses["localhost:5672"] = $"localhost:{Port(rabbit)}";
                return new ShopInfrastructure(Copy(folder, name, addresses), redis, rabbit);
            case "kafka":
                var kafka = await KafkaServer.StartAsync();
                addresses["localhost:9092"] = $"localhost:{Port(kafka)}";
                return new ShopInfrastructure(Copy(folder, name, addresses), redis, kafka);
            default:
                throw new InvalidOperationException($"SHOP_STACK={name}: known are embedded, redis, rabbitmq and kafka.");
        }
    }

    /// <summary>kill -9 of store and broker at once.</summary>
    public Task KillServersAsync() => Task.WhenAll(_servers.Select(server => server.KillAsync()));

    /// <summary>kill -9 of one of them.</summary>
    public Task KillServerAsync(string name) => Server(name).KillAsync();

    public Task StartServerAgainAsync(string name) => Server(name).StartAgainAsync();

    /// <summary>Starts them again on what their disks hold.</summary>
    public Task StartServersAgainAsync() => Task.WhenAll(_servers.Select(server => server.StartAgainAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private LaunchedServer Server(string name) => _servers.Single(server => server.Name == name);

    private static string Copy(string folder, string name, Dictionary<string, string> addresses)
    {
        var target = Directory.CreateDirectory(Path.Combine(folder, "components", name)).FullName;
        var missing = addresses.Keys.ToHashSet();
        foreach (var file in Directory.GetFiles(Path.Combine(Checkout.Root, "components", name)))
        {
            var text = File.ReadAllText(file);
            foreach (var (written, actual) in addresses.Where(address => text.Contains(address.Key, StringComparison.Ordinal)))
            {
                text = text.Replace(written, actual, StringComparison.Ordinal);
                missing.Remove(written);
            }

            File.WriteAllText(Path.Combine(target, Path.GetFileName(file)), text);
        }

        return missing.Count == 0
            ? target
            : throw new InvalidOperationException($"components/{name} does not name {string.Join(", ", missing)}: the shop would use a server that is not the test's.");
    }
}
