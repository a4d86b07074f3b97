using DaprShop.Order.Saga;

namespace DaprShop.Tests.Services.Order;

public sealed class AttendedPaymentsTests
{
    private readonly AttendedPayments _attended = new();

    [Fact]
    public void Contains_WhatWasAdded_UntilItIsRemoved()
    {
        _attended.Add("o-1");
        _attended.Add("o-2");

        _attended.Remove("o-1");

        Assert.Equal((false, true, false), (_attended.Contains("o-1"), _attended.Contains("o-2"), _attended.Contains("o-3")));
    }

    [Fact]
    public void Contains_AfterManyOthers_KnowsTheNewestAndForgetsTheOldest()
    {
        const int many = 20_000;
        for (var number = 0; number < many; number++)
        {
            _attended.Add($"o-{number}");
        }

        Assert.All(Enumerable.Range(many - 4096, 4096), number => Assert.True(_attended.Contains($"o-{number}")));
        Assert.False(_attended.Contains("o-0"));
    }

    [Fact]
    public void Remove_WhatIsInTheOlderGeneration_IsGone()
    {
        _attended.Add("o-1");
        for (var number = 0; number < 5_000; number++)
        {
            _attended.Add($"other-{number}");
        }

        var before = _attended.Contains("o-1");
        _attended.Remove("o-1");

        Assert.Equal((true, false), (before, _attended.Contains("o-1")));
    }
}
