using System.Collections.Concurrent;
using System.Globalization;
using DaprShop.Reliability.Checking;
using DaprShop.Reliability.Faults;
using DaprShop.Reliability.Load;
using DaprShop.Reliability.Runs;
using DaprShop.TestKit.Servers;
using DaprShop.TestKit.Shop;

namespace DaprShop.Reliability.Drills;

/// <summary>What a drill harms a shop with, and what it expects of it meanwhile.</summary>
internal sealed class DrillContext(FaultRun run, Nemesis nemesis, Random random, Action<string> say, CancellationToken cancellationToken)
{
    private readonly ConcurrentQueue<Fault> _faults = new();
    private readonly ConcurrentQueue<Finding> _findings = new();
    private readonly ConcurrentQueue<Measure> _measures = new();

    public RunningShop Shop => run.Shop;

    public History History => run.History;

    public ShopLoad Load => run.Load;

    public Random Random => random;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Of the drill's proxies; null where it has none.</summary>
    public HttpFaults? Provider { get; init; }

    public HttpFaults? Webhooks { get; init; }

    public FaultyProxy? Redis { get; init; }

    public Clocks? Clocks { get; init; }

    public IEnumerable<Fault> Faults => [.. nemesis.Faults, .. _faults, .. Provider?.Faults ?? [], .. Webhooks?.Faults ?? []];

    public IEnumerable<Finding> Findings => _findings;

    public IReadOnlyList<Measure> Measures => [.. _measures];

    /// <summary>kill -9, and waits until it is of use again.</summary>
    public async Task KillAsync(string target, int whileDownMs = 0)
    {
        await nemesis.KillAsync(target, TimeSpan.FromMilliseconds(whileDownMs), cancellationToken);
        await nemesis.RecoveredAsync();
    }

    public Task StopAsync(string target, TimeSpan howLong) => nemesis.StopAsync(target, howLong);

    /// <summary>Until a process is of use again; a finding when it does not become so.</summary>
    public async Task ReadyAsync(string target) =>
        Expect(await run.Probes.RecoveryAsync(target, cancellationToken) is not null, $"{target} did not come back within two minutes");

    /// <summary>Something else than a signal.</summary>
    public void Landed(string kind, string target)
    {
        say($"{History.NowMs,8} ms  {kind} {target}");
        _faults.Enqueue(new Fault(History.NowMs, kind, target, Pid: 0, Landed: true, RecoveredMs: 0));
    }

    /// <summary>A message that cannot be taken is on its way: the dead letters have to tell of it.</summary>
    public void Poisoned(Poison poison, string topic)
    {
        run.Poison.Enqueue(poison);
        Landed("poison", topic);
    }

    /// <summary>A line of the verdict.</summary>
    public void Measured(string name, FormattableString value) => _measures.Enqueue(new Measure(name, value.ToString(CultureInfo.InvariantCulture)));

    public void Expect(bool holds, string what)
    {
        if (!holds)
        {
            _findings.Enqueue(new Finding(Checking.Findings.OtherThanExpected, run.Folder, what));
        }
    }

    /// <summary>Moves the wall clock of an app, and returns when it names the other time.</summary>
    /// <param name="off">From the true time.</param>
    public async Task SetClockAsync(string app, TimeSpan off)
    {
        await Clocks!.SetAsync(app, off, Shop.App(app));
        Landed(string.Create(CultureInfo.InvariantCulture, $"clock {(off < TimeSpan.Zero ? "-" : "+")}{off.Duration()}"), app);
    }

    public Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, cancellationToken);

    public Task PauseAsync(int least, int most) => PauseAsync(random.Next(least, most));

    /// <summary>The next time that a client begins a call, or is answered.</summary>
    public Task<HistoryEvent> NextAsync(string action, Phase phase) =>
        History.NextAsync(happened => happened.Action == action && happened.Phase == phase, cancellationToken);

    /// <summary>How many orders were accepted while this ran.</summary>
    public async Task<int> AcceptedWhileAsync(Func<Task> harm)
    {
        var before = Load.Accepted;
        await harm();
        return Load.Accepted - before;
    }
}
