using DaprShop.Order.Orders;
using DaprShop.Order.Streaming;
using Microsoft.Extensions.Options;

namespace DaprShop.Tests.Services.Order;

public sealed class OrderWatchesTests
{
    private readonly OrderWatches _watches = new(Options.Create(new OrderStreamOptions { MaxStreams = 3, MaxStreamsPerUser = 2 }));

    [Fact]
    public void TryWatch_PlacesTaken_TurnsTheUserAwayThenEverybodyUntilOneLeaves()
    {
        using var first = _watches.TryWatch("o-1", "shopper-1");
        using var second = _watches.TryWatch("o-1", "shopper-1");
        Assert.Null(_watches.TryWatch("o-2", "shopper-1"));
        using var third = _watches.TryWatch("o-2", "shopper-2");
        Assert.Null(_watches.TryWatch("o-3", "shopper-3"));

        second!.Dispose();
        second.Dispose();

        Assert.Equal(2, _watches.Count);
        using var again = _watches.TryWatch("o-3", "shopper-1");
        Assert.NotNull(again);
    }

    [Fact]
    public void OrderIds_SeveralWatchersOfOneOrder_NameItOnceUntilTheLastLeaves()
    {
        using var first = _watches.TryWatch("o-1", "shopper-1");
        using var second = _watches.TryWatch("o-1", "shopper-2");
        Assert.Equal(["o-1"], _watches.OrderIds);

        first!.Dispose();
        Assert.Equal(["o-1"], _watches.OrderIds);

        second!.Dispose();
        Assert.Empty(_watches.OrderIds);
        Assert.Equal(0, _watches.Count);
    }

    [Fact]
    public void Offer_StatesInAnyOrder_TellsTheNewestToAllWhoWatchThatOrder()
    {
        using var first = _watches.TryWatch("o-1", "shopper-1");
        using var second = _watches.TryWatch("o-1", "shopper-2");
        using var other = _watches.TryWatch("o-2", "shopper-2");
        var before = first!.Signal.Look();

        _watches.Offer(Version(3));
        var after = first.Signal.Look();
        _watches.Offer(Version(2));
        _watches.Offer(Version(3));

        Assert.Null(before.State);
        Assert.True(before.Changed.IsCompletedSuccessfully);
        Assert.Equal((3, 3), (after.State!.Version, second!.Signal.Look().State!.Version));
        Assert.False(after.Changed.IsCompleted);
        Assert.Null(other!.Signal.Look().State);
    }

    [Fact]
    public void Offer_NobodyWatches_IsNothing()
    {
        _watches.Offer(Version(2));

        Assert.Empty(_watches.OrderIds);
    }

    private static OrderState Version(long version) => OrderState.AsPlaced(SampleOrders.One("o-1")) with { Version = version };
}
