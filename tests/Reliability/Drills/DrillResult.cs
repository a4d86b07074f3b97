using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using DaprShop.Reliability.Runs;

namespace DaprShop.Reliability.Drills;

internal enum DrillOutcome
{
    Holds,

    /// <summary>Too little happened: nothing is said about the shop.</summary>
    NotValid,

    /// <summary>It ended before it was judged, such as with a shop that did not start.</summary>
    Failed,

    Broken,
}

/// <summary>What one run of a drill has come to, in a line.</summary>
/// <param name="Note">What is wrong, or why nothing was judged; null when it holds.</param>
/// <param name="RecoveryMs">The 99th percentile of the process that took longest to be of use again; null: nothing was killed.</param>
/// <param name="SettleSeconds">From the end of the load until the shop was at rest.</param>
internal sealed record DrillResult(
    string Drill,
    string Row,
    string Stack,
    int Seed,
    DrillOutcome Outcome,
    string? Note,
    int Faults,
    int Acknowledged,
    long? RecoveryMs,
    double SettleSeconds,
    double Seconds,
    string Evidence)
{
    private static readonly CompositeFormat Layout = CompositeFormat.Parse("{0,-22} {1,-9} {2,-9} {3,8} {4,8} {5,9} {6,9} {7,9}");

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public static DrillResult Of(DrillOptions options, Verdict verdict) => new(
        options.Drill.Id,
        options.Drill.Row,
        options.Stack,
        options.Seed,
        verdict.ExitCode switch { Verdict.Ok => DrillOutcome.Holds, Verdict.NotValid => DrillOutcome.NotValid, _ => DrillOutcome.Broken },
        verdict.Findings.Count > 0 ? $"{verdict.Findings.Count} findings, such as {verdict.Findings[0].Kind}: {verdict.Findings[0].Subject}: {verdict.Findings[0].Detail}" : verdict.Invalid,
        verdict.FaultsLanded.Values.Sum(),
        verdict.Acknowledged,
        verdict.Recoveries.Where(recovery => recovery.Count > 0).Max(recovery => (long?)recovery.P99Ms),
        verdict.LongestSettleSeconds,
        verdict.Seconds,
        verdict.Evidence);

    public static DrillResult Of(DrillOptions options, Exception failure, double seconds) => new(
        options.Drill.Id, options.Drill.Row, options.Stack, options.Seed, DrillOutcome.Failed, $"{failure.GetType().Name}: {failure.Message}", 0, 0, null, 0, seconds, "");

    public static DrillResult FromJson(string line) => JsonSerializer.Deserialize<DrillResult>(line, Format)!;

    public string ToJson() => JsonSerializer.Serialize(this, Format);

    /// <summary>A line for each, and below one that does not hold what is wrong with it.</summary>
    public static string Table(IReadOnlyList<DrillResult> results)
    {
        var text = new StringBuilder();
        void Row(params object[] cells) => text.AppendLine(string.Format(CultureInfo.InvariantCulture, Layout, cells).TrimEnd());
        Row("drill", "set", "outcome", "faults", "orders", "recovery", "at rest", "seconds");
        foreach (var result in results)
        {
            Row(
                result.Drill,
                result.Stack,
                Name(result.Outcome),
                result.Faults,
                result.Acknowledged,
                result.RecoveryMs is { } recovery ? string.Create(CultureInfo.InvariantCulture, $"{recovery} ms") : "-",
                string.Create(CultureInfo.InvariantCulture, $"{result.SettleSeconds} s"),
                result.Seconds);
            if (result.Note is { } note)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"    {note.ReplaceLineEndings(" ")}; evidence in {(result.Evidence.Length > 0 ? result.Evidence : "the output above")}");
            }
        }

        var sums = results.GroupBy(result => result.Outcome).OrderBy(same => same.Key).Select(same => string.Create(CultureInfo.InvariantCulture, $"{same.Count()} {Name(same.Key)}"));
        return text.AppendLine(CultureInfo.InvariantCulture, $"{results.Count} runs: {string.Join(", ", sums)}").ToString();
    }

    /// <summary>Of all runs: the worst outcome there is.</summary>
    public static int ExitCode(IEnumerable<DrillResult> results) => results.Select(result => result.Outcome).DefaultIfEmpty().Max() switch
    {
        DrillOutcome.Holds => Verdict.Ok,
        DrillOutcome.NotValid => Verdict.NotValid,
        DrillOutcome.Failed => Verdict.Failed,
        _ => Verdict.Broken,
    };

    private static string Name(DrillOutcome outcome) => outcome switch
    {
        DrillOutcome.Holds => "holds",
        DrillOutcome.NotValid => "not valid",
        DrillOutcome.Failed => "failed",
        _ => "BROKEN",
    };
}
