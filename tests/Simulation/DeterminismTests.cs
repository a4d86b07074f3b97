namespace DaprShop.Tests.Simulation;

public sealed class DeterminismTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(17)]
    [InlineData(46)]
    public void Run_OfOneSeed_IsTheSameEveryTime(ulong seed)
    {
        var first = Run.Of(seed);
        var others = Enumerable.Range(0, 3).AsParallel().Select(_ => Run.Of(seed)).ToList();

        Assert.All(others, other => Assert.Equal((first.Trace, first.Counts), (other.Trace, other.Counts)));
    }

    /// <summary>What a person reads of a seed is what the sweep ran: keeping words and logs changes nothing.</summary>
    [Fact]
    public void Run_WithItsWordsKept_IsTheSame()
    {
        var silent = Run.Of(5);
        var told = Run.Of(5, keepsWords: true);

        Assert.Equal(silent.Trace, told.Trace);
        Assert.NotEmpty(told.Words);
    }

    [Fact]
    public void Runs_OfTwoSeeds_Differ() => Assert.NotEqual(Run.Of(1).Trace, Run.Of(2).Trace);
}
