using DaprShop.ServiceDefaults.Resilience;

namespace DaprShop.Tests.Services.Resilience;

public sealed class RetryBudgetTests
{
    private readonly RetryBudget _budget = new();

    [Fact]
    public void Fresh_HasAReserve() => Assert.Equal(50, Spend(1000));

    [Theory]
    [InlineData(9, 0)]
    [InlineData(10, 1)]
    [InlineData(105, 10)]
    [InlineData(10_000, 50)]
    public void FirstTries_EarnATenthEachUpToTheReserve(int firstTries, int repeats)
    {
        Spend(50);
        Earn(firstTries);

        Assert.Equal(repeats, Spend(1000));
    }

    /// <summary>Everything fails, and everybody would repeat what failed ten times.</summary>
    [Theory]
    [InlineData(500, 599)]
    [InlineData(1000, 1149)]
    [InlineData(10_000, 11_049)]
    public void EverythingFails_LoadIsAtMostATenthAndTheReserveMore(int calls, int attempts)
    {
        var made = 0;
        for (var call = 0; call < calls; call++)
        {
            Earn(1);
            made += 1 + Spend(10);
        }

        Assert.Equal(attempts, made);
        Assert.True(made <= calls * 1.2, $"{made} attempts of {calls} calls");
    }

    private void Earn(int firstTries)
    {
        for (var n = 0; n < firstTries; n++)
        {
            _budget.Earn();
        }
    }

    /// <returns>How many of so many repeats were allowed.</returns>
    private int Spend(int repeats) => Enumerable.Range(0, repeats).Count(_ => _budget.TrySpend());
}
