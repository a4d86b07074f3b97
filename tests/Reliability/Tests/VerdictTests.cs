using DaprShop.Reliability.Checking;
using DaprShop.Reliability.Faults;
using DaprShop.Reliability.Runs;

namespace DaprShop.Reliability.Tests;

public sealed class VerdictTests
{
    private static readonly Fault Kill = new(1000, Fault.Kill, "order", Pid: 7, Landed: true, RecoveredMs: 900);

    [Theory]
    [InlineData(2, 50, 0, Verdict.Ok)]
    [InlineData(1, 50, 0, Verdict.NotValid)]
    [InlineData(2, 9, 0, Verdict.NotValid)]
    [InlineData(2, 50, 1, Verdict.Broken)]
    [InlineData(0, 0, 1, Verdict.Broken)]
    public void ExitCode_ByWhatLandedAndWhatWasFound(int landed, int accepted, int findings, int expected) =>
        Assert.Equal(expected, Of(Run(landed, accepted, findings)).ExitCode);

    [Fact]
    public void Faults_ThatDidNotLand_DoNotCount()
    {
        var run = Run(landed: 1, accepted: 50, findings: 0);

        var verdict = Of(run with { Faults = [.. run.Faults, Kill with { Landed = false }, Kill with { Kind = Fault.Stop }] });

        Assert.Equal(Verdict.NotValid, verdict.ExitCode);
        Assert.Equal(1, verdict.FaultsLanded["kill -9 order"]);
    }

    [Theory]
    [InlineData(0, 1000, 0.003)]
    [InlineData(1, 1000, null)]
    [InlineData(0, 0, null)]
    public void Figure_OfNoneSeen_HasABound(long count, long of, double? expected) => Assert.Equal(expected, new Figure("x", count, of).Bound);

    [Fact]
    public void Figures_OfSeveralRuns_AddUp()
    {
        var figure = Assert.Single(Of(Run(2, 50, 0), Run(2, 70, 0)).Figures);

        Assert.Equal(new Figure("forgotten orders", 0, 120), figure);
    }

    [Fact]
    public void Recovery_CountsKillsThatNoOtherFaultMet()
    {
        var late = Kill with { AtMs = 60_000, RecoveredMs = 500 };
        var pair = new[] { Kill with { AtMs = 90_000, RecoveredMs = 3000 }, Kill with { AtMs = 91_000, Target = "payment" } };

        var verdict = Of(Run(0, 50, 0) with { Faults = [Kill, late, .. pair] });

        Assert.Equal([new Recovery("order", 3, 2, 500, 900), new Recovery("payment", 1, 0, 0, 0)], verdict.Recoveries);
    }

    private static Verdict Of(params RunResult[] runs) => Verdict.Of("test", "embedded", "none", asked: 2, fault => fault.IsKill, leastAccepted: 10, runs);

    private static RunResult Run(int landed, int accepted, int findings) => new(
        Seed: 1,
        Seconds: 1,
        SettleSeconds: 1,
        accepted,
        [.. Enumerable.Range(0, landed).Select(n => Kill with { AtMs = n * 10_000 })],
        [new Figure("forgotten orders", 0, accepted)],
        [.. Enumerable.Range(0, findings).Select(n => new Finding(Findings.Oversold, "SKU-1", "one too many"))],
        Folder: "");
}
