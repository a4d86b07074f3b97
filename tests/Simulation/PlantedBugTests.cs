using DaprShop.Tests.Simulation.Bugs;
using Xunit.Abstractions;

namespace DaprShop.Tests.Simulation;

/// <summary>The checker itself: mistakes of the kind that it is there for must not get past it.</summary>
public sealed class PlantedBugTests(ITestOutputHelper output)
{
    [Fact]
    public void Checker_OfEveryPlantedBug_ConvictsIt()
    {
        var bugs = PlantedBugs.All;
        var convicted = new Verdict?[bugs.Count];

        Sweep.Parallel(bugs.Count, index => convicted[index] = Convict(bugs[index]));

        foreach (var (bug, verdict) in bugs.Zip(convicted))
        {
            output.WriteLine($"{bug}: {verdict?.ToString() ?? $"not caught within {bug.Within} seeds"}");
        }

        Assert.Empty(bugs.Where((_, index) => convicted[index] is null));
    }

    [Fact]
    public void Bugs_AllOfThem_AreManyAndNamedApart()
    {
        Assert.True(PlantedBugs.All.Count >= 28);
        Assert.Distinct(PlantedBugs.All.Select(bug => bug.Name));
    }

    /// <returns>The first run that it was caught in; null: it got away.</returns>
    private static Verdict? Convict(PlantedBug bug)
    {
        for (var seed = 1; seed <= bug.Within; seed++)
        {
            if (Sweep.TryRun((ulong)seed, bug, keepsWords: false) is { Violations.Count: > 0 } verdict)
            {
                return verdict;
            }
        }

        return null;
    }
}
