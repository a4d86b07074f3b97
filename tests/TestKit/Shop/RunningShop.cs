using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using DaprShop.TestKit.Servers;

namespace DaprShop.TestKit.Shop;

/// <summary>The real shop as real processes: the launcher with <c>--no-build --json --restart</c> on a copy of dapr.yaml.</summary>
public sealed class RunningShop : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(4);

    private readonly TopologyCopy _topology;
    private readonly ConcurrentDictionary<string, int> _pids = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _logFiles = new(StringComparer.Ordinal);
    private readonly StringBuilder _output = new();
    private readonly ConcurrentQueue<string> _console = new();
    private Process? _launcher;
    private TaskCompletionSource<JsonElement> _ready = NewReady();

    private readonly IReadOnlyDictionary<string, string> _launcherEnv;

    private readonly bool _receiver;

    private readonly ShopInfrastructure _infrastructure;

    private RunningShop(TopologyCopy topology, ShopInfrastructure infrastructure, IReadOnlyDictionary<string, string> launcherEnv, bool receiver) =>
        (_topology, _infrastructure, _launcherEnv, _receiver) = (topology, infrastructure, launcherEnv, receiver);

    public string Folder => _topology.Folder;

    /// <summary>What the embedded set keeps as files.</summary>
    public string DataDirectory => Path.Combine(Folder, "data");

    /// <summary>The dapr.yaml it runs from.</summary>
    public string TopologyFile => _topology.File;

    public string Gateway => $"http://127.0.0.1:{_topology.Ports["gateway"]}";

    public string Provider => $"http://127.0.0.1:{_topology.Ports["provider"]}";

    /// <summary>The app's own port, around gateway and sidecars.</summary>
    /// <param name="replica">From 1 on.</param>
    public string App(string appId, int replica = 1) => $"http://127.0.0.1:{_topology.Ports[TopologyCopy.ReplicaName(appId, replica)]}";

    /// <summary>The own ports of all its replicas.</summary>
    public IReadOnlyList<string> Apps(string appId) =>
        [.. Enumerable.Range(1, _topology.Ports.Count).TakeWhile(n => _topology.Ports.ContainsKey(TopologyCopy.ReplicaName(appId, n))).Select(n => App(appId, n))];

    /// <summary>The HTTP API of the app's sidecar.</summary>
    /// <param name="replica">From 1 on.</param>
    public string Sidecar(string appId, int replica = 1) => $"http://127.0.0.1:{_topology.SidecarPorts[TopologyCopy.ReplicaName(appId, replica)]}";

    /// <summary>Where the app's sidecar shows its metrics.</summary>
    /// <param name="replica">From 1 on.</param>
    public string Metrics(string appId, int replica = 1) => $"http://127.0.0.1:{_topology.MetricsPorts[TopologyCopy.ReplicaName(appId, replica)]}/metrics";

    public int LauncherPid => _launcher!.Id;

    /// <summary>Store and broker; none where they are files.</summary>
    public IReadOnlyList<LaunchedServer> Servers => _infrastructure.Servers;

    /// <summary>Their processes, by name.</summary>
    public IReadOnlyDictionary<string, int> ServerPids => _infrastructure.Pids;

    /// <summary>The process that runs the app now, by <see cref="TopologyCopy.ReplicaName"/>; another one after it was killed and restarted.</summary>
    public IReadOnlyDictionary<string, int> Pids => _pids;

    /// <param name="env">Extra environment by app id, such as a shorter payment window.</param>
    /// <param name="launcherEnv">Extra environment of the launcher, which sidecars read and apps inherit.</param>
    /// <param name="topology">The file of the repository that it runs from.</param>
    /// <param name="only">The one app of it that is started; null: all of them.</param>
    /// <param name="stack">The component set; null: the one that this run of the tests is about.</param>
    /// <param name="addresses">What the set's files say otherwise, by how they say it, such as the port of a mail server.</param>
    /// <param name="replicas">How many processes, each with its sidecar, there are of an app, by its id; one of those that are not named.</param>
    /// <param name="durable">Redis syncs before it answers; for whoever kills it.</param>
    /// <param name="route">The port by which the shop reaches a server; null: the server's own.</param>
    /// <param name="receiver">The launcher takes traces and logs in, as it does for a person.</param>
    public static async Task<RunningShop> StartAsync(
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? env = null, IReadOnlyDictionary<string, string>? launcherEnv = null,
        string topology = TopologyCopy.Whole, string? only = null, string? stack = null,
        IReadOnlyDictionary<string, int>? replicas = null, IReadOnlyDictionary<string, string>? addresses = null,
        bool durable = false, Func<LaunchedServer, int>? route = null, bool receiver = false)
    {
        var folder = Directory.CreateTempSubdirectory("daprshop-").FullName;
        var infrastructure = await ShopInfrastructure.StartAsync(folder, stack, addresses, durable, route);
        var shop = new RunningShop(TopologyCopy.Write(folder, env, topology, only, replicas), infrastructure, launcherEnv ?? new Dictionary<string, string>(), receiver);
        try
        {
            await shop.StartAgainAsync();
            return shop;
        }
        catch
        {
            await shop.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the launcher on the same data, as after a crash.</summary>
    public async Task StartAgainAsync()
    {
        _ready = NewReady();
        lock (_output)
        {
            _output.Clear();
        }

        var start = Interruptible.Command(
            "dotnet", Checkout.Launcher, "run", "-f", _topology.File, "--no-build", "--json", "--restart", "--data-dir", DataDirectory);
        if (_infrastructure.ResourcesPath is { } resources)
        {
            start.ArgumentList.Add("--resources-path");
            start.ArgumentList.Add(resources);
        }

        if (!_receiver)
        {
            // Exporting costs the few cores that tests, drills and benchmarks share with the shop. The flag and not OTEL_SDK_DISABLED: with that the
            // sidecars would make no trace ids either, and another shop would be tested than the one that runs in a cluster.
            start.ArgumentList.Add("--no-receiver");
        }

        start.WorkingDirectory = Folder;
        start.Environment["NO_COLOR"] = "1";
        foreach (var (name, value) in _launcherEnv)
        {
            start.Environment[name] = value;
        }

        _launcher = Process.Start(start)!;
        _launcher.OutputDataReceived += (_, line) => OnEvent(line.Data);
        _launcher.ErrorDataReceived += (_, line) => OnLog(line.Data);
        _launcher.BeginOutputReadLine();
        _launcher.BeginErrorReadLine();

        using var deadline = new CancellationTokenSource(StartDeadline);
        var exited = _launcher.WaitForExitAsync(deadline.Token);
        var first = await Task.WhenAny(_ready.Task, exited);
        if (first != _ready.Task || !_ready.Task.Result.GetProperty("ready").GetBoolean())
        {
            throw new InvalidOperationException($"The shop did not start.\n{Tail()}");
        }
    }

    /// <summary>kill -9 of one app, or of one of its replicas; the launcher restarts it.</summary>
    /// <param name="replica">From 1 on.</param>
    public void KillApp(string appId, int replica = 1)
    {
        using var process = Process.GetProcessById(_pids[TopologyCopy.ReplicaName(appId, replica)]);
        process.Kill();
    }

    /// <summary>kill -9 of the launcher and with it of every sidecar; the apps die by their death signal.</summary>
    public async Task KillLauncherAsync()
    {
        _launcher!.Kill();
        await _launcher.WaitForExitAsync();
        var orphans = _pids.Values.ToList();
        await Eventually.Get(() => orphans.Where(IsAlive).ToList(), alive => alive.Count == 0);
    }

    /// <summary>
    /// kill -9 of what holds the data: store and broker where they are servers, else the launcher, which writes the files. Everything is
    /// started again on what the disks hold.
    /// </summary>
    /// <param name="whileDown">How long they stay away.</param>
    public async Task KillInfrastructureAsync(TimeSpan whileDown)
    {
        if (_infrastructure.HasServers)
        {
            await _infrastructure.KillServersAsync();
            await Task.Delay(whileDown, TimeProvider.System);
            await _infrastructure.StartServersAgainAsync();
        }
        else
        {
            await KillLauncherAsync();
            await Task.Delay(whileDown, TimeProvider.System);
            await StartAgainAsync();
        }
    }

    /// <summary>kill -9 of one server, such as the broker alone; it stays away until it is started again.</summary>
    public Task KillServerAsync(string name) => _infrastructure.KillServerAsync(name);

    public Task StartServerAgainAsync(string name) => _infrastructure.StartServerAgainAsync(name);

    /// <summary>Ctrl+C, and how long it took until the launcher was gone.</summary>
    public async Task<(int ExitCode, TimeSpan Took)> InterruptAsync()
    {
        var watch = Stopwatch.StartNew();
        using (var kill = Process.Start("kill", ["-INT", $"{_launcher!.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await _launcher.WaitForExitAsync(deadline.Token);
        return (_launcher.ExitCode, watch.Elapsed);
    }

    /// <summary>The newest lines of the launcher, and what each app last said at level Warning or above.</summary>
    public string Tail(int lines = 60)
    {
        var apps = _logFiles.OrderBy(log => log.Key, StringComparer.Ordinal).SelectMany(log => Lines(log.Value)
            .Where(line => IsLevel(line, "Warning") || IsLevel(line, "Error") || IsLevel(line, "Fatal"))
            .TakeLast(lines / 6)
            .Select(line => $"{log.Key}: {(line.Length > 600 ? line[..600] : line)}"));
        lock (_output)
        {
            return string.Join('\n', _output.ToString().Split('\n').TakeLast(lines).Concat(apps));
        }
    }

    /// <summary>What the app has said so far, in all its lives.</summary>
    /// <param name="replica">From 1 on.</param>
    public IReadOnlyList<string> AppLog(string appId, int replica = 1) => Lines(_logFiles[TopologyCopy.ReplicaName(appId, replica)]);

    /// <summary>The files that apps and sidecars write their logs to, by name.</summary>
    public IReadOnlyList<string> LogFiles =>
        [.. _logFiles.Values.Concat(_logFiles.Values.Select(file => file.Replace("_app_", "_daprd_", StringComparison.Ordinal))).Order(StringComparer.Ordinal)];

    /// <summary>Every line the launcher has printed, in all its lives.</summary>
    public IReadOnlyList<string> Console => [.. _console];

    /// <summary>Log lines of the apps at level Error: nothing a test does may cause one, unless it says so.</summary>
    public IReadOnlyList<string> ErrorLogs() =>
        [.. _logFiles.Values.SelectMany(Lines).Where(line => IsLevel(line, "Error") || IsLevel(line, "Fatal"))];

    public async ValueTask DisposeAsync()
    {
        if (_launcher is { HasExited: false })
        {
            try
            {
                await InterruptAsync();
            }
            catch (OperationCanceledException)
            {
                // It does not listen any more; nothing of it may outlive the run.
                await KillLauncherAsync();
            }
        }

        _launcher?.Dispose();
        await _infrastructure.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static TaskCompletionSource<JsonElement> NewReady() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static bool IsLevel(string line, string level) =>
        line.Contains($"\"Level\":\"{level}\"", StringComparison.Ordinal);

    private static List<string> Lines(string file)
    {
        // The app still writes to it.
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private void OnEvent(string? line)
    {
        if (line is null || !line.StartsWith('{'))
        {
            OnLog(line);
            return;
        }

        _console.Enqueue(line);
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement.Clone();
        if (root.TryGetProperty("ready", out _))
        {
            if (root.TryGetProperty("apps", out var apps))
            {
                foreach (var app in apps.EnumerateArray())
                {
                    var name = ReplicaOf(app);
                    _pids[name] = app.GetProperty("pid").GetInt32();
                    _logFiles[name] = app.GetProperty("logFile").GetString()!;
                }
            }

            _ready.TrySetResult(root);
        }
        else if (root.TryGetProperty("event", out var kind) && kind.GetString() == "appRestarted")
        {
            _pids[ReplicaOf(root)] = root.GetProperty("pid").GetInt32();
        }
    }

    /// <summary>Replicas have one app id: their sidecars' ports tell them apart.</summary>
    private string ReplicaOf(JsonElement app)
    {
        var port = app.GetProperty("daprHttpPort").GetInt32();
        return _topology.SidecarPorts.First(sidecar => sidecar.Value == port).Key;
    }

    private void OnLog(string? line)
    {
        if (line is null)
        {
            return;
        }

        _console.Enqueue(line);
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
