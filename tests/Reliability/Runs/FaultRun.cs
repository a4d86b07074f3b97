using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using DaprShop.Reliability.Checking;
using DaprShop.Reliability.Evidence;
using DaprShop.Reliability.Faults;
using DaprShop.Reliability.Load;
using DaprShop.TestKit.Servers;
using DaprShop.TestKit.Shop;
using Microsoft.Data.Sqlite;

namespace DaprShop.Reliability.Runs;

/// <summary>What one run of a shop under load and faults has come to.</summary>
/// <param name="SettleSeconds">From the end of load and faults until the world was right; when it never was, until the patience was over.</param>
/// <param name="Folder">History, and the world when it was wrong.</param>
internal sealed record RunResult(
    int Seed, double Seconds, double SettleSeconds, int Accepted, IReadOnlyList<Fault> Faults, IReadOnlyList<Figure> Figures, IReadOnlyList<Finding> Findings, string Folder);

internal sealed record RunSettings(string Stack, int Seed)
{
    public static readonly TimeSpan UsualPaymentWindow = TimeSpan.FromSeconds(20);

    /// <summary>How long customers may pay; the latest sources charge three seconds after it.</summary>
    public TimeSpan PaymentWindow { get; init; } = UsualPaymentWindow;

    /// <summary>Redis syncs before it answers.</summary>
    public bool Durable { get; init; }

    public ShopLoad.LoadOptions Load { get; init; } = new(Seed);

    /// <summary>Below it each run has a folder of its own.</summary>
    public string Output { get; init; } = Path.Combine(Checkout.Root, "artifacts", "reliability");

    /// <summary>What apps are told beside the usual short times, by app id.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Env { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, string>>();

    public IReadOnlyDictionary<string, int>? Replicas { get; init; }

    /// <summary>The port by which the shop reaches a server.</summary>
    public Func<LaunchedServer, int>? Route { get; init; }

    /// <summary>The component set is a copy that may be edited while the shop runs.</summary>
    public bool EditsComponents { get; init; }

    /// <summary>A line on what happens, such as a kill.</summary>
    public Action<string> Say { get; init; } = _ => { };
}

/// <summary>One shop of real processes under load, for somebody to harm; afterwards at rest and judged.</summary>
internal sealed class FaultRun : IAsyncDisposable
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(300);

    /// <summary>A broker gives a message again up to 75 s after its reader died, and an orphan's units go back after 40 s: what stays wrong for longer stays.</summary>
    private static readonly TimeSpan Stuck = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private readonly RunSettings _settings;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly CancellationTokenSource _loadEnds = new();
    private Task _loading = Task.CompletedTask;

    private FaultRun(RunSettings settings, RunningShop shop, string folder)
    {
        (_settings, Shop, Folder) = (settings, shop, folder);
        History = new History(Path.Combine(folder, "history.jsonl"));
        Load = new ShopLoad(shop, History, settings.Load);
    }

    public RunningShop Shop { get; }

    public History History { get; }

    public ShopLoad Load { get; }

    public string Folder { get; }

    public Probes Probes { get; private set; } = null!;

    /// <summary>What was sent that nobody can take.</summary>
    public ConcurrentQueue<Poison> Poison { get; } = new();

    public static async Task<FaultRun> StartAsync(RunSettings settings)
    {
        var folder = Directory.CreateDirectory(Path.Combine(settings.Output, string.Create(CultureInfo.InvariantCulture, $"{settings.Stack}-{settings.Seed}"))).FullName;
        var shop = await RunningShop.StartAsync(
            Times(settings),
            stack: settings.Stack,
            replicas: settings.Replicas,
            addresses: settings.EditsComponents ? new Dictionary<string, string>() : null,
            durable: settings.Durable,
            route: settings.Route);
        var run = new FaultRun(settings, shop, folder);
        try
        {
            await run.Load.PrepareAsync();
            run.Probes = await Probes.CreateAsync(shop);
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>Load from now on, until <see cref="JudgeAsync"/>.</summary>
    public void BeginLoad() => _loading = Load.RunAsync(_loadEnds.Token);

    /// <summary>Ends the load, waits until the world is right or has had its time, and says what is wrong with it.</summary>
    public async Task<(RunResult Result, World World)> JudgeAsync(IReadOnlyList<Fault> faults, CancellationToken cancellationToken)
    {
        await using var hurry = cancellationToken.Register(Load.GiveUp);
        await _loadEnds.CancelAsync();
        await _loading;
        _settings.Say(string.Create(CultureInfo.InvariantCulture, $"{History.NowMs,8} ms  load ended, {Load.Accepted} orders accepted; coming to rest"));
        var rest = Stopwatch.StartNew();
        World? world = null;
        IReadOnlyList<Finding> findings = [];
        var moved = rest.Elapsed;
        for (var rightLooks = 0; rightLooks < 2 && !cancellationToken.IsCancellationRequested;)
        {
            if (await TryReadAsync() is { } read)
            {
                var judged = Checker.Judge(read);
                if (!judged.SequenceEqual(findings))
                {
                    moved = rest.Elapsed;
                    var example = judged.Count == 0 ? "" : $", such as {judged[0].Kind} of {judged[0].Subject}";
                    _settings.Say(string.Create(CultureInfo.InvariantCulture, $"{History.NowMs,8} ms  {judged.Count} findings{example}"));
                }

                (world, findings) = (read, judged);
                rightLooks = findings.Count == 0 ? rightLooks + 1 : 0;
            }

            if (rest.Elapsed > LongestRest || rest.Elapsed - moved > Stuck)
            {
                break;
            }

            await Task.Delay(Look, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        cancellationToken.ThrowIfCancellationRequested();
        world ??= await ReadAsync();
        if (findings.Count > 0)
        {
            await KeepEvidenceAsync(world);
        }

        var result = new RunResult(
            _settings.Seed,
            Math.Round(_watch.Elapsed.TotalSeconds, 1),
            Math.Round(rest.Elapsed.TotalSeconds, 1),
            Load.Accepted,
            faults,
            Runs.Figures.Of(world, findings),
            [.. findings, .. faults.Where(fault => fault is { IsKill: true, RecoveredMs: null })
                .Select(fault => new Finding(Findings.NotRecovered, fault.Target, "it was not answered again within two minutes"))],
            Folder);
        return (result, world);
    }

    /// <summary>For <c>check</c>, and as a recorded world for the checker's own tests.</summary>
    public async Task SaveWorldAsync(string file)
    {
        var world = await ReadAsync();
        await File.WriteAllTextAsync(file, world.ToJson());
    }

    public async ValueTask DisposeAsync()
    {
        await _loadEnds.CancelAsync();
        Load.GiveUp();
        await _loading;
        Load.Dispose();
        Probes?.Dispose();
        History.Dispose();
        _loadEnds.Dispose();
        await Shop.DisposeAsync();
    }

    private static Dictionary<string, IReadOnlyDictionary<string, string>> Times(RunSettings settings)
    {
        // An order service that takes long to come back is no reason to give its stock away: the customer would be sent away.
        Dictionary<string, IReadOnlyDictionary<string, string>> times = new()
        {
            ["order"] = new Dictionary<string, string> { ["Payment__Window"] = settings.PaymentWindow.ToString("c", CultureInfo.InvariantCulture) },
            ["provider"] = new Dictionary<string, string>
            {
                ["Provider__LateAfter"] = (settings.PaymentWindow + TimeSpan.FromSeconds(3)).ToString("c", CultureInfo.InvariantCulture),
            },
            ["inventory"] = new Dictionary<string, string> { ["Sweep__AskAfter"] = "00:00:05", ["Sweep__OrphanAfter"] = "00:00:40" },
        };
        foreach (var (app, values) in settings.Env)
        {
            times[app] = times.GetValueOrDefault(app, new Dictionary<string, string>()).Concat(values)
                .GroupBy(value => value.Key).ToDictionary(value => value.Key, value => value.Last().Value);
        }

        return times;
    }

    private async Task<World> ReadAsync() => await WorldReader.ReadAsync(Shop, History.Snapshot(), Load.Offers) with { Poison = [.. Poison] };

    private async Task<World?> TryReadAsync()
    {
        try
        {
            return await ReadAsync();
        }
        catch (Exception failure) when (failure is SqliteException or SocketException or IOException)
        {
            _settings.Say($"the store cannot be read yet: {failure.Message}");
            return null;
        }
    }

    private async Task KeepEvidenceAsync(World world)
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, "world.json"), world.ToJson());
        await File.WriteAllTextAsync(Path.Combine(Folder, "shop.log"), Shop.Tail(2000));
    }
}
