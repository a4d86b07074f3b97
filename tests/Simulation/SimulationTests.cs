using DaprShop.TestKit.Shop;
using Xunit.Abstractions;

namespace DaprShop.Tests.Simulation;

/// <summary>The shop under every seed: whatever goes wrong on the way, when all is healed nothing is lost, sold twice or charged twice.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Shop_UnderTheSeedsOfThisRun_KeepsEveryInvariant()
    {
        var seeds = SeedRange.OfEnvironment();

        var progress = Path.Combine(Checkout.Root, "artifacts", $"simulation-from-{seeds.First}.txt");

        var result = Sweep.Over(seeds, progress);

        output.WriteLine(result.ToString());
        if (result.Trace is { } trace)
        {
            output.WriteLine($"What happened in it: {trace}");
        }

        Assert.True(result.Failed.Count == 0, string.Join('\n', result.Failed.Select(verdict => $"SIMULATION_SEED={verdict.Seed}: {verdict}")));
        Assert.True(seeds.Count < 50 || result.IsRough, $"Too little went wrong for the result to mean anything: {result}");
    }
}
