using DaprShop.Gateway.SoldOut;
using DaprShop.TestKit;

namespace DaprShop.Tests.Gateway;

public sealed class RecentOrdersTests
{
    private readonly ManualClock _clock = new();
    private readonly RecentOrders _recent;

    public RecentOrdersTests() => _recent = new RecentOrders(_clock);

    [Fact]
    public void MayContain_NothingWasAdded_IsFalse() => Assert.False(_recent.MayContain("o-1"));

    [Theory]
    [InlineData(0)]
    [InlineData(29)]
    [InlineData(30)]
    public void MayContain_WithinAGenerationOfItsOrder_IsTrue(int seconds)
    {
        _recent.Add("o-1");

        _clock.Advance(TimeSpan.FromSeconds(seconds));
        _recent.Add("o-2");

        Assert.True(_recent.MayContain("o-1") && _recent.MayContain("o-2"));
        Assert.False(_recent.MayContain("o-3"));
    }

    [Fact]
    public void MayContain_AfterTwoGenerations_IsForgotten()
    {
        _recent.Add("o-1");
        _clock.Advance(RecentOrders.Generation);
        _recent.Add("o-2");

        _clock.Advance(RecentOrders.Generation);
        _recent.Add("o-3");

        Assert.False(_recent.MayContain("o-1"));
        Assert.True(_recent.MayContain("o-2") && _recent.MayContain("o-3"));
    }

    [Fact]
    public void MayContain_WhileItIsForwarded_IsTrueHoweverLongThatTakes()
    {
        var first = _recent.TryBegin("o-1");
        var twin = _recent.TryBegin("o-1");
        _clock.Advance(RecentOrders.Generation * 3);
        var during = _recent.MayContain("o-1");

        _recent.End("o-1");

        Assert.Equal((true, false, true, false), (first, twin, during, _recent.MayContain("o-1")));
    }

    [Fact]
    public void MayContain_NothingWasAddedForLong_IsForgottenToo()
    {
        _recent.Add("o-1");

        _clock.Advance(RecentOrders.Generation * 2);
        var before = _recent.MayContain("o-1");
        _recent.Add("o-2");

        Assert.False(before);
        Assert.False(_recent.MayContain("o-1"));
    }
}
