using System.Diagnostics;
using DaprShop.Reliability.Runs;

namespace DaprShop.Reliability.Drills;

/// <param name="Stack">Null: every set of each drill.</param>
/// <param name="ResultsFile">A line of JSON for each run, written when it ends: a run of hours that is cut short has said what it knew.</param>
/// <param name="Resume">Leaves out what holds by the last line about it in the file, whatever the seed.</param>
internal sealed record WholeBookOptions(int Seed, string? Stack, string ResultsFile, bool Resume);

/// <summary>Every drill on every set of its row, one after the other; whatever one of them comes to, the next is run.</summary>
internal static class WholeBook
{
    /// <summary>Ends a drill that waits for what does not come; none takes a third of it.</summary>
    private static readonly TimeSpan LongestDrill = TimeSpan.FromMinutes(20);

    /// <returns>In the order of the runs, those of an earlier run that were left out among them.</returns>
    public static Task<IReadOnlyList<DrillResult>> RunAsync(WholeBookOptions options, Action<string> say, CancellationToken cancellationToken) =>
        RunAsync(options, DrillBook.All, (drill, stop) => DrillRun.RunAsync(drill, say, stop), say, cancellationToken);

    /// <param name="runAsync">Runs one of them.</param>
    public static async Task<IReadOnlyList<DrillResult>> RunAsync(
        WholeBookOptions options,
        IReadOnlyList<Drill> book,
        Func<DrillOptions, CancellationToken, Task<Verdict>> runAsync,
        Action<string> say,
        CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.ResultsFile))!);
        var known = options.Resume ? Held(options.ResultsFile) : [];
        DrillOptions[] all =
        [
            .. from stack in book.SelectMany(drill => drill.Stacks).Distinct()
               where options.Stack is null || options.Stack == stack
               from drill in book
               where drill.Stacks.Contains(stack)
               select new DrillOptions(drill, options.Seed, stack),
        ];
        var results = new List<DrillResult>();
        foreach (var next in all)
        {
            if (!known.TryGetValue((next.Drill.Id, next.Stack), out var result))
            {
                say($"{results.Count + 1} of {all.Length}: {next.Drill.Id} on {next.Stack}, seed {next.Seed}");
                result = await RunAsync(next, runAsync, say, cancellationToken);
                await File.AppendAllLinesAsync(options.ResultsFile, [result.ToJson()], CancellationToken.None);
            }

            results.Add(result);
        }

        return results;
    }

    private static async Task<DrillResult> RunAsync(
        DrillOptions options, Func<DrillOptions, CancellationToken, Task<Verdict>> runAsync, Action<string> say, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(LongestDrill);
        try
        {
            var verdict = await runAsync(options, stop.Token);
            say(verdict.ToText());
            return DrillResult.Of(options, verdict);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            say($"error: {failure}");
            return DrillResult.Of(options, failure, Math.Round(watch.Elapsed.TotalSeconds, 1));
        }
    }

    private static Dictionary<(string Drill, string Stack), DrillResult> Held(string file) =>
        File.Exists(file)
            ? File.ReadLines(file).Select(DrillResult.FromJson)
                .GroupBy(result => (result.Drill, result.Stack)).Select(same => same.Last())
                .Where(result => result.Outcome == DrillOutcome.Holds).ToDictionary(result => (result.Drill, result.Stack))
            : [];
}
