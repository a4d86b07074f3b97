using DaprShop.Order.Placing;

namespace DaprShop.Tests.Services.Order;

public sealed class OrderIntentsTests
{
    [Fact]
    public void Open_NewKey_NumbersTheReservationsOfTheFirstAttempt()
    {
        var change = OrderIntents.Open(null, SampleOrders.Two(), SampleOrders.Now);

        Assert.Equal((IntentStatus.Open, 1), (change.Result.Status, change.Result.Attempt));
        Assert.Equal(["o-2:1:SKU-1001", "o-2:1:SKU-1002"], change.Result.Order.Lines.Select(line => line.ReservationId));
    }

    [Fact]
    public void Open_AfterARefusal_OpensTheNextAttemptAtThePricesOfThatDay()
    {
        var first = OrderIntents.Open(null, SampleOrders.Two(), SampleOrders.Now).Result;
        var refused = OrderIntents.Decide(first, 1, IntentStatus.Refused).Result;
        var repriced = SampleOrders.Two() with { CreatedAt = SampleOrders.Now.AddHours(1) };

        var change = OrderIntents.Open(refused, repriced, SampleOrders.Now.AddHours(1));

        Assert.Equal((IntentStatus.Open, 2, SampleOrders.Now.AddHours(1)), (change.Result.Status, change.Result.Attempt, change.Result.Order.CreatedAt));
        Assert.Equal(["o-2:2:SKU-1001", "o-2:2:SKU-1002"], change.Result.Order.Lines.Select(line => line.ReservationId));
    }

    [Fact]
    public void Open_OtherBody_LeavesTheIntentAlone()
    {
        var first = OrderIntents.Open(null, SampleOrders.Two(), SampleOrders.Now).Result;

        var change = OrderIntents.Open(first, SampleOrders.Two(bodyHash: "other"), SampleOrders.Now);

        Assert.Null(change.Next);
        Assert.Equal("hash", change.Result.Order.BodyHash);
    }

    [Fact]
    public void Decide_Twice_TheFirstDecisionStands()
    {
        var open = OrderIntents.Open(null, SampleOrders.Two(), SampleOrders.Now).Result;
        var refused = OrderIntents.Decide(open, 1, IntentStatus.Refused).Result;

        var late = OrderIntents.Decide(refused, 1, IntentStatus.Reserved);

        Assert.Null(late.Next);
        Assert.Equal(IntentStatus.Refused, late.Result.Status);
    }

    [Fact]
    public void Decide_EarlierAttempt_LeavesTheCurrentOneOpen()
    {
        var open = OrderIntents.Open(null, SampleOrders.Two(), SampleOrders.Now).Result;
        var second = OrderIntents.Open(OrderIntents.Decide(open, 1, IntentStatus.Refused).Result, SampleOrders.Two(), SampleOrders.Now).Result;

        var stale = OrderIntents.Decide(second, 1, IntentStatus.Refused);

        Assert.Null(stale.Next);
        Assert.Equal((IntentStatus.Open, 2), (stale.Result.Status, stale.Result.Attempt));
    }
}
