using DaprShop.Order.Orders;
using DaprShop.Order.Streaming;

namespace DaprShop.Tests.Services.Order;

public sealed class OrderHistoryTests
{
    private const int Longest = 6;

    [Fact]
    public void After_EveryPathThroughTheTable_GivesTheStatesAsTheyWere()
    {
        var paths = Paths([OrderState.AsPlaced(SampleOrders.One())]).ToList();

        Assert.Contains(paths, path => path[^1].Status == OrderStatus.Refunded);
        Assert.Contains(paths, path => path.Count == 4 && path[^1].Status == OrderStatus.Confirmed);
        foreach (var path in paths)
        {
            var told = OrderHistory.After(SampleOrders.One(), path[^1], version: 0);

            Assert.Equal(path.Select(Picture), told.Select(Picture));
        }
    }

    [Theory]
    [InlineData(1, "2 3 4")]
    [InlineData(3, "4")]
    [InlineData(4, "")]
    [InlineData(9, "")]
    public void After_AVersion_GivesTheNewerOnesOnly(long version, string expected)
    {
        var confirmed = Paths([OrderState.AsPlaced(SampleOrders.One())]).First(path => path[^1].Status == OrderStatus.Confirmed)[^1];

        Assert.Equal(expected, string.Join(' ', OrderHistory.After(SampleOrders.One(), confirmed, version).Select(state => state.Version)));
    }

    [Fact]
    public void After_AnEventOfALaterVersionOfTheShop_GivesWhatIsKnownAndTheStateAsItIs()
    {
        var held = OrderTransitions.Apply(null, SampleOrders.One(), OrderEvent.HoldTaken, Details(OrderEvent.HoldTaken), SampleOrders.Now).Next!;
        var later = held with
        {
            Version = 4,
            Timeline =
            [
                .. held.Timeline,
                new(OrderStatus.AwaitingPayment, SampleOrders.Now, "?", "o-1:Gifted", null),
                new(OrderStatus.Paid, SampleOrders.Now, "?", "o-1:PaymentSucceeded", null),
            ],
        };

        var told = OrderHistory.After(SampleOrders.One(), later, version: 0);

        Assert.Equal([1, 2, 4], told.Select(state => state.Version));
    }

    /// <summary>Every walk from the placed order, with the details that the services give.</summary>
    private static IEnumerable<IReadOnlyList<OrderState>> Paths(IReadOnlyList<OrderState> path)
    {
        yield return path;
        if (path.Count == Longest)
        {
            yield break;
        }

        foreach (var happened in Enum.GetValues<OrderEvent>())
        {
            var at = SampleOrders.Now.AddSeconds(path.Count);
            if (OrderTransitions.Apply(path[^1], SampleOrders.One(), happened, Details(happened), at).Next is { } next)
            {
                foreach (var longer in Paths([.. path, next]))
                {
                    yield return longer;
                }
            }
        }
    }

    private static TransitionDetails Details(OrderEvent happened) => happened == OrderEvent.HoldTaken
        ? new TransitionDetails(PayBefore: SampleOrders.Now.AddMinutes(1), TraceId: "t-hold")
        : new TransitionDetails(PaymentId: "pay_1", TraceId: $"t-{happened}");

    /// <summary>A state in a form that compares its timeline by value.</summary>
    private static string Picture(OrderState state) => $"{state with { Timeline = [] }} {string.Join(' ', state.Timeline)}";
}
