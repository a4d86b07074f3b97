using System.Diagnostics;
using DaprShop.Tests.Simulation.Bugs;

namespace DaprShop.Tests.Simulation;

/// <summary>What many runs came to.</summary>
/// <param name="Hash">Of all traces together: the same for the same seeds, in every process and on every machine.</param>
/// <param name="Trace">A file with the words of the last run's trace, if they were kept.</param>
internal sealed record SweepResult(SeedRange Seeds, IReadOnlyList<Verdict> Failed, Counts Total, ulong Hash, TimeSpan Elapsed, string? Trace)
{
    /// <summary>Enough was broken, and enough was bought.</summary>
    public bool IsRough => Total.Accepted > Seeds.Count && Total.Faults > Seeds.Count * 10 && Total.Kills > Seeds.Count && Total.Confirmed > 0 && Total.Cancelled > 0;

    public override string ToString() =>
        $"{Seeds.Count} seeds from {Seeds.First} in {Elapsed.TotalSeconds:0.0} s: {Failed.Count} failed; accepted {Total.Accepted}, confirmed {Total.Confirmed}, "
        + $"cancelled {Total.Cancelled}, refunded {Total.Refunded}; faults {Total.Faults}, kills {Total.Kills}, pauses {Total.Pauses}, clock jumps {Total.Jumps}; "
        + $"{Total.Steps} steps, {Total.Time.TotalHours:0.0} h of the shop's time; trace {Hash:x16}";
}

/// <summary>Runs seed after seed on every core, each run on one thread.</summary>
internal static class Sweep
{
    private const int MostFailed = 10;

    /// <summary>Seeds between two lines of a progress file.</summary>
    private const int Stretch = 5000;

    /// <param name="progress">A file that tells, as soon as it is known, how far it got and which seeds failed: it survives a run that is broken off.</param>
    public static SweepResult Over(SeedRange seeds, string progress)
    {
        var started = Stopwatch.GetTimestamp();
        var failed = new List<Verdict>();
        var total = Counts.None;
        var hash = 0UL;
        var done = 0;
        string? trace = null;
        var gate = new Lock();
        File.WriteAllText(progress, $"{seeds.Count} seeds from {seeds.First}\n");
        Parallel(seeds.Count, Work);
        return Result();

        SweepResult Result() => new(seeds with { Count = done }, [.. failed.OrderBy(verdict => verdict.Seed)], total, hash, Stopwatch.GetElapsedTime(started), trace);

        void Work(int index)
        {
            if (failed.Count >= MostFailed)
            {
                return;
            }

            var verdict = TryRun(seeds.First + (ulong)index, bug: null, seeds.KeepsWords);
            lock (gate)
            {
                total = total.Plus(verdict.Counts);
                hash ^= verdict.Trace;
                trace = Keep(verdict) ?? trace;
                if (verdict.Violations.Count > 0)
                {
                    failed.Add(verdict);
                    File.AppendAllText(progress, $"SIMULATION_SEED={verdict.Seed}: {verdict}\n");
                }

                done++;
                if (done % Stretch == 0 || done == seeds.Count)
                {
                    File.AppendAllText(progress, $"{Result()}\n");
                }
            }
        }
    }

    /// <summary>On a thread for each core, which belong to nobody else: no context of a test and no pool is in it.</summary>
    public static void Parallel(int count, Action<int> work)
    {
        var next = -1;
        var threads = Enumerable.Range(0, Math.Min(count, Environment.ProcessorCount)).Select(_ => new Thread(() =>
        {
            for (var index = Interlocked.Increment(ref next); index < count; index = Interlocked.Increment(ref next))
            {
                work(index);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
    }

    private static string? Keep(Verdict verdict)
    {
        if (verdict.Words.Count == 0)
        {
            return null;
        }

        var file = Path.Combine(Path.GetTempPath(), $"simulation-seed-{verdict.Seed}.txt");
        File.WriteAllLines(file, verdict.Words);
        return file;
    }

    /// <summary>A run that breaks the simulation itself is a finding too, of its seed.</summary>
    public static Verdict TryRun(ulong seed, PlantedBug? bug, bool keepsWords)
    {
        try
        {
            return Run.OnThisThread(seed, bug, keepsWords);
        }
#pragma warning disable CA1031 // Whatever it was, its seed must be told.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return new Verdict(seed, 0, [$"broke: {failure}"], Counts.None, []);
        }
    }
}
