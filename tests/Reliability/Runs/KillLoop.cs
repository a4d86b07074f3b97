using DaprShop.Reliability.Faults;

namespace DaprShop.Reliability.Runs;

/// <summary>
/// Rounds of a fresh shop under load, each with up to so many kills: what is judged stays small enough to be read whole, and a violation is near its cause.
/// </summary>
internal static class KillLoop
{
    public const int KillsPerRound = 50;

    public static async Task<Verdict> RunAsync(KillLoopOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        var rounds = new List<RunResult>();
        for (var left = options.Kills; left > 0 && !cancellationToken.IsCancellationRequested;)
        {
            // Each round is repeated alone by its own seed.
            var seed = options.Seed + rounds.Count;
            var kills = Math.Min(left, options.KillsPerRound);
            say($"round {rounds.Count + 1}: seed {seed}, {kills} kills on {options.Stack}");
            var round = await RoundAsync(options, seed, kills, say, cancellationToken);
            rounds.Add(round);
            say($"round {rounds.Count}: {round.Accepted} orders accepted, {round.Findings.Count} findings, at rest after {round.SettleSeconds} s");
            left -= Math.Max(1, round.Faults.Count(fault => fault.IsKill));
            if (round.Findings.Count > 0 || round.Faults.Count(fault => fault.IsKill) < kills)
            {
                break;
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        return Verdict.Of("kill-loop", options.Stack, options.Profile, options.Kills, fault => fault.IsKill, Math.Max(10, options.Kills), rounds);
    }

    private static async Task<RunResult> RoundAsync(KillLoopOptions options, int seed, int kills, Action<string> say, CancellationToken cancellationToken)
    {
        var settings = new RunSettings(options.Stack, seed) { Durable = options.KillsServers, Load = new(seed, options.Customers), Say = say };
        await using var run = await FaultRun.StartAsync(settings);
        run.BeginLoad();
        var nemesis = new Nemesis(run.Shop, run.History, run.Probes, new NemesisOptions(seed, kills, options.KillsServers), say);
        await nemesis.RunAsync(cancellationToken);
        var (result, _) = await run.JudgeAsync(nemesis.Faults, cancellationToken);
        if (options.SaveWorld is { } file)
        {
            await run.SaveWorldAsync(file);
        }

        return result;
    }
}

/// <param name="KillsServers">Store and broker are killed too; Redis then syncs before it answers.</param>
/// <param name="SaveWorld">Where the world of the last round is kept, right or wrong.</param>
internal sealed record KillLoopOptions(
    int Kills, int Seed, string Stack, bool KillsServers = true, int KillsPerRound = KillLoop.KillsPerRound, int Customers = 8,
    string? SaveWorld = null)
{
    public string Profile => (Stack, KillsServers) switch
    {
        ("embedded", _) => "SQLite, synchronous=FULL",
        (_, true) => "appendfsync always",
        _ => "appendfsync everysec, no store kills",
    };
}
