using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace DaprShop.TestKit.Shop;

/// <summary>
/// A copy of dapr.yaml, or of another topology of the repository, for one test run: free ports, absolute paths, a folder of its own, shorter
/// times. The topology itself stays that of the repository, so a test can never pass on another one.
/// </summary>
public sealed class TopologyCopy
{
    private TopologyCopy(
        string file, string folder, IReadOnlyDictionary<string, int> ports, IReadOnlyDictionary<string, int> sidecarPorts, IReadOnlyDictionary<string, int> metricsPorts)
    {
        (File, Folder, Ports, SidecarPorts, MetricsPorts) = (file, folder, ports, sidecarPorts, metricsPorts);
    }

    /// <summary>The shop without what other languages add to it.</summary>
    public const string Whole = "dapr.yaml";

    /// <summary>The shop with what other languages add to it.</summary>
    public const string Polyglot = "dapr.polyglot.yaml";

    public string File { get; }

    public string Folder { get; }

    /// <summary>App port by <see cref="ReplicaName"/>.</summary>
    public IReadOnlyDictionary<string, int> Ports { get; }

    /// <summary>Port of the sidecar's HTTP API by <see cref="ReplicaName"/>.</summary>
    public IReadOnlyDictionary<string, int> SidecarPorts { get; }

    /// <summary>Port of the sidecar's metrics by <see cref="ReplicaName"/>.</summary>
    public IReadOnlyDictionary<string, int> MetricsPorts { get; }

    /// <summary>The first replica goes by the app id alone, the others as <c>order/2</c>, <c>order/3</c>.</summary>
    /// <param name="replica">From 1 on.</param>
    public static string ReplicaName(string appId, int replica) =>
        replica == 1 ? appId : string.Create(CultureInfo.InvariantCulture, $"{appId}/{replica}");

    /// <param name="env">Extra environment by app id.</param>
    /// <param name="topology">The file that is copied.</param>
    /// <param name="only">The one app that is kept; null: all of them.</param>
    /// <param name="replicas">How many there are of an app, by its id; one of those that are not named.</param>
    public static TopologyCopy Write(
        string folder, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? env = null, string topology = Whole, string? only = null,
        IReadOnlyDictionary<string, int>? replicas = null)
    {
        var yaml = new YamlStream();
        using (var reader = new StreamReader(Path.Combine(Checkout.Root, topology)))
        {
            yaml.Load(reader);
        }

        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        var embedded = Map(root, "x-embedded");
        embedded.Children["resourcesPaths"] = new YamlSequenceNode(Absolute(((YamlSequenceNode)embedded.Children["resourcesPaths"])[0]));
        embedded.Children["build"] = Absolute(embedded.Children["build"]);
        var common = Map(root, "common");
        common.Children["resourcesPaths"] = new YamlSequenceNode(Absolute(((YamlSequenceNode)common.Children["resourcesPaths"])[0]));
        common.Children["configFilePath"] = Absolute(common.Children["configFilePath"]);

        var entries = (YamlSequenceNode)root.Children["apps"];
        foreach (var entry in entries.Cast<YamlMappingNode>().Where(entry => only is not null && Text(entry, "appID") != only).ToList())
        {
            entries.Children.Remove(entry);
        }

        var named = Multiply(entries, replicas ?? new Dictionary<string, int>());
        var apps = named.Select(entry => entry.App).ToList();
        var free = new Queue<int>(FreePorts.Take(apps.Count * 4));
        var ports = new Dictionary<string, int>(StringComparer.Ordinal);
        var sidecarPorts = new Dictionary<string, int>(StringComparer.Ordinal);
        var metricsPorts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (id, app) in named)
        {
            ports[id] = free.Dequeue();
            app.Children["appDirPath"] = Absolute(app.Children["appDirPath"]);
            app.Children["appPort"] = Number(ports[id]);
            sidecarPorts[id] = free.Dequeue();
            app.Children["daprHTTPPort"] = Number(sidecarPorts[id]);
            app.Children["daprGRPCPort"] = Number(free.Dequeue());
            metricsPorts[id] = free.Dequeue();
            app.Children["metricsPort"] = Number(metricsPorts[id]);

            // Relative to appDirPath, which is absolute now. The file names the builds of a checkout; a benchmark runs those of its own kind.
            app.Children["command"] = new YamlSequenceNode(((YamlSequenceNode)app.Children["command"])
                .Select(word => new YamlScalarNode(((YamlScalarNode)word).Value!.Replace("/debug/", $"/{Checkout.Configuration}/", StringComparison.Ordinal))));
            Directory.CreateDirectory(folder);
        }

        foreach (var app in apps)
        {
            var id = Text(app, "appID");
            AddEnv(app, Wiring(id, folder, ports));
            AddEnv(app, env?.GetValueOrDefault(id));
        }

        var file = Path.Combine(folder, "dapr.yaml");
        using (var writer = new StreamWriter(file))
        {
            yaml.Save(writer, assignAnchors: false);
        }

        return new TopologyCopy(file, folder, ports, sidecarPorts, metricsPorts);
    }

    /// <summary>Each app as often as it is wanted, with the replica's name.</summary>
    private static List<(string Name, YamlMappingNode App)> Multiply(YamlSequenceNode entries, IReadOnlyDictionary<string, int> replicas)
    {
        var named = new List<(string, YamlMappingNode)>();
        foreach (var entry in entries.Cast<YamlMappingNode>())
        {
            var id = Text(entry, "appID");
            for (var n = 1; n <= replicas.GetValueOrDefault(id, 1); n++)
            {
                var app = n == 1 ? entry : new YamlMappingNode(entry.Children);
                if (n > 1 && entry.Children.TryGetValue("env", out var env))
                {
                    app.Children["env"] = new YamlMappingNode(((YamlMappingNode)env).Children);
                }

                named.Add((ReplicaName(id, n), app));
            }
        }

        if (replicas.Keys.Except(named.Select(entry => entry.Item1), StringComparer.Ordinal).ToList() is { Count: > 0 } unknown)
        {
            throw new ArgumentException($"the topology has no {string.Join(", ", unknown)}", nameof(replicas));
        }

        entries.Children.Clear();
        named.ForEach(entry => entries.Add(entry.Item2));
        return named;
    }

    private static Dictionary<string, string>? Wiring(string appId, string folder, Dictionary<string, int> ports) => appId switch
    {
        "payment" => new() { ["Provider__BaseUrl"] = $"http://127.0.0.1:{ports["provider"]}" },
        "provider" => new()
        {
            ["Provider__WebhookUrl"] = $"http://127.0.0.1:{ports["gateway"]}/webhooks/provider",
            ["PROVIDER_DATA"] = Path.Combine(folder, "provider"),
        },
        _ => null,
    };

    private static void AddEnv(YamlMappingNode app, IReadOnlyDictionary<string, string>? values)
    {
        if (values is null)
        {
            return;
        }

        var env = app.Children.TryGetValue("env", out var found) ? (YamlMappingNode)found : [];
        foreach (var (name, value) in values)
        {
            env.Children[name] = new YamlScalarNode(value) { Style = YamlDotNet.Core.ScalarStyle.DoubleQuoted };
        }

        app.Children["env"] = env;
    }

    private static YamlMappingNode Map(YamlMappingNode parent, string member) => (YamlMappingNode)parent.Children[member];

    private static string Text(YamlMappingNode parent, string member) => ((YamlScalarNode)parent.Children[member]).Value!;

    private static YamlScalarNode Absolute(YamlNode path) =>
        new(Path.GetFullPath(((YamlScalarNode)path).Value!, Checkout.Root));

    private static YamlScalarNode Number(int value) => new(value.ToString(CultureInfo.InvariantCulture));
}
