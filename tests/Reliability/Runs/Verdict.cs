using System.Globalization;
using System.Text;
using System.Text.Json;
using DaprShop.Reliability.Checking;
using DaprShop.Reliability.Faults;

namespace DaprShop.Reliability.Runs;

/// <summary>How long a process took to be of use again.</summary>
/// <param name="Count">Kills that no other fault met meanwhile; the others measure the company.</param>
internal sealed record Recovery(string Target, int Kills, int Count, long P50Ms, long P99Ms);

/// <summary>What a drill has measured beside the figures.</summary>
/// <param name="Value">With its unit, and what it may be.</param>
internal sealed record Measure(string Name, string Value);

/// <summary>The sum of a command's runs.</summary>
internal sealed record Verdict(
    string Command,
    string Stack,
    string Profile,
    IReadOnlyList<int> Seeds,
    bool IsValid,
    bool Holds,
    string? Invalid,
    double Seconds,
    int FaultsAsked,
    IReadOnlyDictionary<string, int> FaultsLanded,
    int Acknowledged,
    double LongestSettleSeconds,
    IReadOnlyList<Figure> Figures,
    IReadOnlyList<Recovery> Recoveries,
    IReadOnlyList<Finding> Findings,
    IReadOnlyList<Fault> Faults,
    string Evidence)
{
    public const int Ok = 0;

    /// <summary>Ended before anything was judged.</summary>
    public const int Failed = 1;

    public const int NotValid = 3;
    public const int Broken = 4;

    public IReadOnlyList<Measure> Measures { get; init; } = [];

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Broken before not valid: a violation is one however little happened.</summary>
    public int ExitCode => !Holds ? Broken : IsValid ? Ok : NotValid;

    /// <param name="asked">How many faults had to land.</param>
    /// <param name="counts">Which faults count for that.</param>
    /// <param name="leastAccepted">With fewer orders the faults met nothing.</param>
    public static Verdict Of(
        string command, string stack, string profile, int asked, Func<Fault, bool> counts, int leastAccepted, IReadOnlyList<RunResult> runs)
    {
        var landed = runs.SelectMany(run => run.Faults).Where(fault => fault.Landed).ToList();
        var counted = landed.Count(counts);
        var findings = runs.SelectMany(run => run.Findings).ToList();
        var acknowledged = runs.Sum(run => run.Accepted);
        var invalid = counted < asked ? $"{counted} faults landed of {asked}"
            : acknowledged < leastAccepted ? $"{acknowledged} orders were accepted, at least {leastAccepted} are needed"
            : null;
        return new Verdict(
            command,
            stack,
            profile,
            [.. runs.Select(run => run.Seed)],
            invalid is null,
            findings.Count == 0,
            invalid,
            Math.Round(runs.Sum(run => run.Seconds), 1),
            asked,
            landed.GroupBy(fault => $"{fault.Kind} {fault.Target}", StringComparer.Ordinal).OrderBy(same => same.Key, StringComparer.Ordinal)
                .ToDictionary(same => same.Key, same => same.Count()),
            acknowledged,
            runs.Select(run => run.SettleSeconds).DefaultIfEmpty().Max(),
            [.. runs.SelectMany(run => run.Figures).GroupBy(figure => figure.Name).Select(same => same.Aggregate((left, right) => left + right))],
            [
                .. landed.Where(fault => fault.Kind == Fault.Kill).GroupBy(fault => fault.Target, StringComparer.Ordinal)
                    .OrderBy(same => same.Key, StringComparer.Ordinal).Select(same => RecoveryOf(same.Key, same.Count(), runs)),
            ],
            findings,
            landed,
            runs.Count > 0 ? runs[^1].Folder : "");
    }

    public string ToJson() => JsonSerializer.Serialize(this, Format);

    public static Verdict FromJson(string json) => JsonSerializer.Deserialize<Verdict>(json, Format) ?? throw new JsonException("A verdict must be a JSON object.");

    public string ToText()
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        Line($"{Command} on {Stack} ({Profile}), seeds {string.Join(", ", Seeds)}, {Seconds} s");
        Line($"  faults landed  {FaultsLanded.Values.Sum()}, at least {FaultsAsked} asked: {string.Join(", ", FaultsLanded.Select(fault => $"{fault.Key} {fault.Value}"))}");
        Line($"  acknowledged   {Acknowledged} orders; at rest at most {LongestSettleSeconds} s after the load");
        foreach (var figure in Figures)
        {
            var bound = figure.Bound is { } rate ? string.Create(CultureInfo.InvariantCulture, $", rate < {rate:P3} (95%)") : "";
            Line($"  {figure.Name,-38} {figure.Count,4} of {figure.Of}{bound}");
        }

        foreach (var measure in Measures)
        {
            Line($"  {measure.Name,-38} {measure.Value}");
        }

        foreach (var recovery in Recoveries)
        {
            Line($"  recovery of {recovery.Target,-12} p50 {recovery.P50Ms,6} ms, p99 {recovery.P99Ms,6} ms ({recovery.Count} of {recovery.Kills} kills alone)");
        }

        foreach (var finding in Findings.Take(40))
        {
            Line($"  VIOLATED {finding.Kind}: {finding.Subject}: {finding.Detail}");
        }

        Line($"{(ExitCode switch { Ok => "holds", NotValid => $"NOT VALID: {Invalid}", _ => $"BROKEN: {Findings.Count} findings" })}; evidence in {Evidence}");
        return text.ToString();
    }

    private static Recovery RecoveryOf(string target, int kills, IReadOnlyList<RunResult> runs)
    {
        var alone = runs.SelectMany(run => run.Faults.Where(fault => fault.Target == target && fault.IsKill && fault.IsAlone(run.Faults)))
            .Select(fault => fault.RecoveredMs!.Value).Order().ToList();
        return new Recovery(target, kills, alone.Count, Percentile(alone, 50), Percentile(alone, 99));
    }

    private static long Percentile(List<long> sorted, int percent) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)Math.Ceiling(sorted.Count * percent / 100.0) - 1)];
}
