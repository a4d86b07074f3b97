using System.Collections.Concurrent;
using DaprShop.Reliability.Load;
using DaprShop.TestKit.Servers;
using DaprShop.TestKit.Shop;

namespace DaprShop.Reliability.Faults;

/// <summary>
/// SIGKILLs services, the launcher with all sidecars, and servers, and lets some stand still by SIGSTOP. Whom and with what pauses follows from the seed. A
/// process that has not come back from its last kill is let be; others are killed meanwhile.
/// </summary>
internal sealed class Nemesis(RunningShop shop, History clock, Probes probes, NemesisOptions options, Action<string> say)
{
    public const string Launcher = "launcher";

    private static readonly string[] Apps = ["gateway", "catalog", "order", "inventory", "payment", "notification", "provider"];

    private readonly Random _random = new(options.Seed);
    private readonly ConcurrentQueue<Fault> _faults = new();
    private readonly ConcurrentDictionary<string, Task> _recovering = new(StringComparer.Ordinal);

    private int _landed;

    public IReadOnlyList<Fault> Faults => [.. _faults.OrderBy(fault => fault.AtMs)];

    /// <summary>Until so many kills have landed, or the time is up.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var deadline = clock.NowMs + (long)options.Longest.TotalMilliseconds;
        while (_landed < options.Kills && clock.NowMs < deadline && !cancellationToken.IsCancellationRequested)
        {
            if (_random.NextDouble() < options.CalmShare)
            {
                await RecoveredAsync();
            }

            await PauseAsync(_random.Next(options.ShortestPauseMs, options.LongestPauseMs), cancellationToken);
            var target = Choose();
            var isStop = _random.NextDouble() < options.StopShare;
            if (_recovering.TryGetValue(target, out var recovering) && !recovering.IsCompleted)
            {
                continue;
            }

            if (isStop)
            {
                await StopAsync(target, TimeSpan.FromMilliseconds(_random.Next(50, 1000)));
            }
            else
            {
                await KillAsync(target, TimeSpan.FromMilliseconds(_random.Next(0, 1000)), cancellationToken);
            }
        }

        await RecoveredAsync();
    }

    /// <summary>All that were killed are of use again, or have had their time for it.</summary>
    public Task RecoveredAsync() => Task.WhenAll(_recovering.Values);

    /// <summary>kill -9, and back again.</summary>
    /// <param name="whileDown">How long the one who would start a server again takes.</param>
    public async Task KillAsync(string target, TimeSpan whileDown, CancellationToken cancellationToken)
    {
        var (pid, at) = (PidOf(target), clock.NowMs);
        if (ServerProcess.IsGone(pid))
        {
            _faults.Enqueue(new Fault(at, Fault.Kill, target, pid, Landed: false));
            return;
        }

        if (target == Launcher)
        {
            await shop.KillLauncherAsync();
        }
        else if (ServerOf(target) is { } server)
        {
            await server.KillAsync();
        }
        else
        {
            shop.KillApp(target);
        }

        await TestKit.Eventually.True(() => ServerProcess.IsGone(pid));
        _landed++;
        say($"{at,8} ms  kill -9 {target} (pid {pid})");
        var recovery = RecoverAsync(new Fault(at, Fault.Kill, target, pid, Landed: true), cancellationToken);
        if (target == Launcher)
        {
            await shop.StartAgainAsync();
        }
        else if (ServerOf(target) is { } server)
        {
            await PauseAsync((int)whileDown.TotalMilliseconds, cancellationToken);
            await server.StartAgainAsync();
        }

        _recovering[target] = recovery;
    }

    /// <summary>SIGSTOP, and SIGCONT after a while: a peer that hangs with its sockets open.</summary>
    public async Task StopAsync(string target, TimeSpan howLong)
    {
        var (pid, at) = (PidOf(target), clock.NowMs);
        var runs = !ServerProcess.IsGone(pid);
        if (runs)
        {
            say($"{at,8} ms  stop {target} (pid {pid}) for {howLong.TotalMilliseconds} ms");
            await SignalAsync(pid, "STOP");
            try
            {
                await Task.Delay(howLong, TimeProvider.System);
            }
            finally
            {
                await SignalAsync(pid, "CONT");
            }
        }

        _faults.Enqueue(new Fault(at, Fault.Stop, target, pid, runs, (long)howLong.TotalMilliseconds));
    }

    private async Task RecoverAsync(Fault fault, CancellationToken cancellationToken) =>
        _faults.Enqueue(fault with { RecoveredMs = await probes.RecoveryAsync(fault.Target, cancellationToken) });

    private int PidOf(string target) => target == Launcher ? shop.LauncherPid : ServerOf(target)?.Pid ?? shop.Pids[target];

    private LaunchedServer? ServerOf(string target) => shop.Servers.FirstOrDefault(server => server.Name == target);

    private string Choose()
    {
        // As often as three services, all servers together as often as three: they hold up everything.
        string[] servers = options.KillsServers ? [.. shop.Servers.Select(server => server.Name)] : [];
        var all = Apps.SelectMany(app => Enumerable.Repeat(app, 3)).Concat(Enumerable.Repeat(Launcher, 3))
            .Concat(servers.SelectMany(server => Enumerable.Repeat(server, 3))).ToList();
        return all[_random.Next(all.Count)];
    }

    private static async Task SignalAsync(int pid, string signal)
    {
        try
        {
            await ServerProcess.SignalAsync(pid, signal);
        }
        catch (InvalidOperationException) when (ServerProcess.IsGone(pid))
        {
            // Killed by its launcher's end in the meantime.
        }
    }

    private static async Task PauseAsync(int milliseconds, CancellationToken cancellationToken) =>
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

/// <param name="Kills">How many have to land.</param>
/// <param name="CalmShare">How often it waits until all have come back: those kills tell how long one takes.</param>
/// <param name="StopShare">Of the faults, how many are pauses.</param>
/// <param name="KillsServers">Store and broker too, where they are servers.</param>
internal sealed record NemesisOptions(
    int Seed, int Kills, bool KillsServers = true, double CalmShare = 0.6, double StopShare = 0.15, int ShortestPauseMs = 200, int LongestPauseMs = 1500)
{
    /// <summary>A run in which fewer landed by then is not valid.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromMinutes(2) + (Kills * TimeSpan.FromSeconds(12));
}
