using DaprShop.Reliability.Checking;
using DaprShop.Reliability.Drills;
using DaprShop.Reliability.Faults;
using DaprShop.Reliability.Runs;

namespace DaprShop.Reliability.Tests;

public sealed class WholeBookTests : IDisposable
{
    private static readonly Drill[] Book =
    [
        new("first", "C1a", "the first one", _ => Task.CompletedTask),
        new("second", "C2", "the second one", _ => Task.CompletedTask) { Stacks = ["redis", "kafka"] },
    ];

    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "results", "drills.jsonl");
    private readonly List<string> _ran = [];

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(_file))!, recursive: true);

    [Fact]
    public async Task Run_EveryDrill_OnEverySetOfItsRow()
    {
        var results = await RunAsync(null, resume: false, _ => Holds());

        Assert.Equal(["first embedded", "first redis", "second redis", "first rabbitmq", "first kafka", "second kafka"], _ran);
        Assert.Equal(_ran, results.Select(result => $"{result.Drill} {result.Stack}"));
        Assert.All(results, result => Assert.Equal((DrillOutcome.Holds, 3, 50, 900L), (result.Outcome, result.Faults, result.Acknowledged, result.RecoveryMs)));
        Assert.Equal(Verdict.Ok, DrillResult.ExitCode(results));
    }

    [Fact]
    public async Task Run_AfterAFailure_GoesOn()
    {
        var results = await RunAsync("redis", resume: false, drill => drill.Drill.Id == "first" ? throw new TimeoutException("no shop") : Broken());

        Assert.Equal([DrillOutcome.Failed, DrillOutcome.Broken], results.Select(result => result.Outcome));
        Assert.Equal("TimeoutException: no shop", results[0].Note);
        Assert.StartsWith("1 findings, such as oversold: SKU-1", results[1].Note, StringComparison.Ordinal);
        Assert.Equal(Verdict.Broken, DrillResult.ExitCode(results));
        Assert.Contains("2 runs: 1 failed, 1 BROKEN", DrillResult.Table(results), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, Verdict.Ok)]
    [InlineData(2, Verdict.NotValid)]
    public async Task ExitCode_OfRunsWithTooFewFaults_IsNotValid(int landed, int expected) =>
        Assert.Equal(expected, DrillResult.ExitCode(await RunAsync("embedded", resume: false, _ => Holds(landed))));

    [Fact]
    public async Task Resume_LeavesOutWhatHolds()
    {
        await RunAsync("redis", resume: false, drill => drill.Drill.Id == "first" ? Holds() : Broken());
        _ran.Clear();

        var results = await RunAsync("redis", resume: true, _ => Holds());

        Assert.Equal(["second redis"], _ran);
        Assert.Equal(["first", "second"], results.Select(result => result.Drill));
        Assert.Equal(Verdict.Ok, DrillResult.ExitCode(results));
        Assert.Equal(3, File.ReadLines(_file).Count());
    }

    [Fact]
    public async Task Run_ThatIsStopped_KeepsWhatItKnew()
    {
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(
            "redis",
            resume: false,
            drill =>
            {
                if (drill.Drill.Id == "second")
                {
                    stop.Cancel();
                    stop.Token.ThrowIfCancellationRequested();
                }

                return Holds();
            },
            stop.Token));

        Assert.Equal("first", DrillResult.FromJson(Assert.Single(File.ReadLines(_file))).Drill);
    }

    private Task<IReadOnlyList<DrillResult>> RunAsync(string? stack, bool resume, Func<DrillOptions, RunResult> run, CancellationToken cancellationToken = default) =>
        WholeBook.RunAsync(
            new WholeBookOptions(7, stack, _file, resume),
            Book,
            (drill, _) =>
            {
                _ran.Add($"{drill.Drill.Id} {drill.Stack}");
                return Task.FromResult(Verdict.Of(drill.Drill.Id, drill.Stack, "none", asked: 3, _ => true, leastAccepted: 10, [run(drill)]));
            },
            _ => { },
            cancellationToken);

    private static RunResult Holds(int landed = 3) => new(
        Seed: 7,
        Seconds: 40,
        SettleSeconds: 5,
        Accepted: 50,
        [.. Enumerable.Range(0, landed).Select(n => new Fault(n * 10_000, Fault.Kill, "order", Pid: 7, Landed: true, RecoveredMs: 900))],
        [],
        [],
        Folder: "");

    private static RunResult Broken() => Holds() with { Findings = [new Finding(Findings.Oversold, "SKU-1", "one too many")] };
}
