using System.Globalization;
using DaprShop.Reliability.Runs;
using Xunit.Abstractions;

namespace DaprShop.Reliability.Tests;

/// <summary>The kill loop in small: what the long run does for hours. <c>KILL_LOOP_SEED</c> repeats one.</summary>
public sealed class KillLoopTests(ITestOutputHelper output)
{
    private const int Kills = 12;

    [Fact]
    public async Task KillLoop_Embedded_HoldsEveryInvariant()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("KILL_LOOP_SEED"), CultureInfo.InvariantCulture, out var given)
            ? given
            : Environment.TickCount & 0xFFFFFF;

        var verdict = await KillLoop.RunAsync(new KillLoopOptions(Kills, seed, "embedded"), output.WriteLine, CancellationToken.None);

        Assert.True(verdict.ExitCode == Verdict.Ok, verdict.ToText());
    }
}
