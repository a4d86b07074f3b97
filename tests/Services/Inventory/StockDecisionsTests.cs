using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Stock;
using DaprShop.Order.Orders;
using DaprShop.Tests.Services.Order;

namespace DaprShop.Tests.Services.Inventory;

public sealed class StockDecisionsTests
{
    private static readonly DateTimeOffset Now = SampleOrders.Now;

    [Fact]
    public void Reserve_MoreThanAvailable_IsRefusedAndStockUnchanged()
    {
        var stock = With(units: 5);

        var decision = StockDecisions.Reserve(stock, Reserve("o-1", 6), sale: null, Now);

        Assert.Null(decision.Entry);
        Assert.Equal(new ReserveResult(ReserveOutcome.SoldOut, null, Replayed: false, Available: 5), decision.Result);
    }

    [Fact]
    public void Reserve_LastUnits_LeavesNone()
    {
        var stock = With(units: 5);

        Apply(stock, StockDecisions.Reserve(stock, Reserve("o-1", 5), sale: null, Now).Entry);

        Assert.Equal((0L, 5L, 0L), (stock.Available, stock.Reserved, stock.Sold));
    }

    [Fact]
    public void Reserve_KnownId_GivesTheFirstContentAndOnlyRenewsIt()
    {
        var stock = With(units: 5);
        var first = SampleOrders.One("o-1", quantity: 2);
        Apply(stock, StockDecisions.Reserve(stock, new Reserve("o-1", "SKU-1001", 2, first.Encode()), sale: null, Now).Entry);
        var repriced = first with { CreatedAt = Now.AddHours(1) };

        var decision = StockDecisions.Reserve(stock, new Reserve("o-1", "SKU-1001", 2, repriced.Encode()), sale: null, Now.AddHours(1));

        Apply(stock, decision.Entry);
        Assert.Equal((ReserveOutcome.Reserved, true), (decision.Result.Outcome, decision.Result.Replayed));
        Assert.Equal((Now, Now.AddHours(1)), (decision.Result.Order!.Decode().CreatedAt, stock.Find("o-1")!.ReservedAt));
        Assert.Equal((3L, 2L), (stock.Available, stock.Reserved));
    }

    [Fact]
    public void OrderIds_WhileMoreAreReserved_StayAsTheyWere()
    {
        var stock = With(units: 500);
        Apply(stock, StockDecisions.Reserve(stock, Reserve("o-0", 1), sale: null, Now).Entry);
        var before = stock.OrderIds;
        var fork = stock.Fork();
        fork.Apply(StockDecisions.Reserve(fork, Reserve("o-fork", 1), sale: null, Now).Entry!);
        Apply(stock, StockDecisions.Release(stock, "o-0", Now).Entry);
        Apply(stock, StockDecisions.Reserve(stock, Reserve("o-0", 1), sale: null, Now).Entry);
        for (var n = 1; n < 200; n++)
        {
            Apply(stock, StockDecisions.Reserve(stock, Reserve($"o-{n}", 1), sale: null, Now).Entry);
        }

        // One that was given back and taken again is there once.
        Assert.Equal(["o-0"], Ids(before));
        Assert.Equal(Enumerable.Range(0, 200).Select(n => $"o-{n}"), Ids(stock.OrderIds));
        Assert.Equal([.. Ids(stock.OrderIds), "o-fork"], Ids(fork.OrderIds));
        Assert.Equal(Ids(stock.OrderIds).Order(), Ids(StockLedger.FromSnapshot("again", stock.Seq, stock.ToSnapshot()).OrderIds).Order());
    }

    [Fact]
    public void Return_OfSoldUnits_MakesThemAvailableOnce()
    {
        var stock = With(units: 5);
        Apply(stock, StockDecisions.Reserve(stock, Reserve("o-1", 2), sale: null, Now).Entry);
        Apply(stock, StockDecisions.Confirm(stock, "o-1", Now).Entry);

        var first = StockDecisions.Return(stock, "o-1", Now);
        Apply(stock, first.Entry);
        var again = StockDecisions.Return(stock, "o-1", Now);

        Assert.Equal(new ChangeReservationResult(Done: true, ReservationState.Returned), first.Result);
        Assert.Equal((first.Result, null), (again.Result, again.Entry));
        Assert.Equal((5L, 0L, 0L), (stock.Available, stock.Reserved, stock.Sold));
    }

    [Theory]
    [InlineData(ReservationState.Tentative)]
    [InlineData(ReservationState.Held)]
    public void Return_OfUnitsThatWereNeverSold_ReleasesThem(ReservationState state)
    {
        var stock = With(units: 5);
        Apply(stock, StockDecisions.Reserve(stock, Reserve("o-1", 2), sale: null, Now).Entry);
        if (state == ReservationState.Held)
        {
            Apply(stock, StockDecisions.Hold(stock, "o-1", Now).Entry);
        }

        var decision = StockDecisions.Return(stock, "o-1", Now);
        Apply(stock, decision.Entry);

        Assert.Equal(new ChangeReservationResult(Done: true, ReservationState.Released), decision.Result);
        Assert.Equal((5L, 0L, 0L), (stock.Available, stock.Reserved, stock.Sold));
    }

    [Fact]
    public void EveryStep_AfterAReturn_MovesNothing()
    {
        var stock = With(units: 5);
        Apply(stock, StockDecisions.Reserve(stock, Reserve("o-1", 2), sale: null, Now).Entry);
        Apply(stock, StockDecisions.Confirm(stock, "o-1", Now).Entry);
        Apply(stock, StockDecisions.Return(stock, "o-1", Now).Entry);

        var (hold, confirm, release) = (
            StockDecisions.Hold(stock, "o-1", Now), StockDecisions.Confirm(stock, "o-1", Now), StockDecisions.Release(stock, "o-1", Now));
        var reserve = StockDecisions.Reserve(stock, Reserve("o-1", 2), sale: null, Now);

        Assert.Equal((false, false, true), (hold.Result.Done, confirm.Result.Done, release.Result.Done));
        Assert.Equal(ReserveOutcome.Unavailable, reserve.Result.Outcome);
        Assert.Equal((null, null, null, null), (hold.Entry, confirm.Entry, release.Entry, reserve.Entry));
    }

    [Fact]
    public void Expire_RenewedMeanwhile_GivesNothingBack()
    {
        var stock = With(units: 5);
        Apply(stock, StockDecisions.Reserve(stock, Reserve("o-1", 2), sale: null, Now).Entry);
        var judged = stock.Find("o-1")!;
        Apply(stock, StockDecisions.Reserve(stock, Reserve("o-1", 2), sale: null, Now.AddSeconds(30)).Entry);

        var decision = StockDecisions.Expire(stock, judged, Now.AddSeconds(30));

        Assert.Equal((false, null), (decision.Result, decision.Entry));
    }

    [Fact]
    public void Reserve_KnownIdWithOtherBody_IsAReusedKey()
    {
        var stock = With(units: 5);
        Apply(stock, StockDecisions.Reserve(stock, Reserve("o-1", 2), sale: null, Now).Entry);

        var decision = StockDecisions.Reserve(stock, new Reserve("o-1", "SKU-1001", 1, SampleOrders.One("o-1", bodyHash: "other").Encode()), sale: null, Now);

        Assert.Null(decision.Entry);
        Assert.Equal(ReserveOutcome.KeyReused, decision.Result.Outcome);
    }

    [Fact]
    public void Reserve_AfterExpiry_TakesTheUnitsAgainWithTheFirstContent()
    {
        var stock = With(units: 5);
        Apply(stock, StockDecisions.Reserve(stock, Reserve("o-1", 2), sale: null, Now).Entry);
        Apply(stock, StockDecisions.Expire(stock, stock.Find("o-1")!, Now).Entry);
        var repriced = SampleOrders.One("o-1") with { CreatedAt = Now.AddMinutes(1) };

        var decision = StockDecisions.Reserve(stock, new Reserve("o-1", "SKU-1001", 2, repriced.Encode()), sale: null, Now.AddMinutes(1));
        Apply(stock, decision.Entry);

        Assert.Equal((3L, 2L), (stock.Available, stock.Reserved));
        Assert.Equal(Now, stock.Find("o-1")!.Order!.Decode().CreatedAt);
    }

    [Fact]
    public void Reserve_AfterItsSagaEnded_TakesNothingAndLeavesTheAnswerToTheOrdersRecord()
    {
        var stock = With(units: 5);
        Apply(stock, StockDecisions.Reserve(stock, Reserve("o-1", 2), sale: null, Now).Entry);
        Apply(stock, StockDecisions.Hold(stock, "o-1", Now).Entry);
        Apply(stock, StockDecisions.Release(stock, "o-1", Now).Entry);

        var decision = StockDecisions.Reserve(stock, Reserve("o-1", 2), sale: null, Now);

        Assert.Null(decision.Entry);
        Assert.Equal(ReserveOutcome.Unavailable, decision.Result.Outcome);
        Assert.Equal(5, stock.Available);
    }

    [Fact]
    public void Expire_HeldMeanwhile_ChangesNothing()
    {
        var stock = With(units: 5);
        Apply(stock, StockDecisions.Reserve(stock, Reserve("o-1", 2), sale: null, Now).Entry);
        var judged = stock.Find("o-1")!;
        Apply(stock, StockDecisions.Hold(stock, "o-1", Now).Entry);

        var decision = StockDecisions.Expire(stock, judged, Now);

        Assert.Null(decision.Entry);
        Assert.False(decision.Result);
    }

    [Theory]
    [InlineData("hold", "Released", false)]
    [InlineData("confirm", "Released", false)]
    [InlineData("release", "Released", true)]
    [InlineData("hold", "Confirmed", true)]
    [InlineData("confirm", "Confirmed", true)]
    [InlineData("release", "Confirmed", false)]
    public void Change_OfAnEndedReservation_NeverMovesUnits(string step, string ended, bool done)
    {
        var stock = With(units: 5);
        Apply(stock, StockDecisions.Reserve(stock, Reserve("o-1", 2), sale: null, Now).Entry);
        Apply(stock, StockDecisions.Hold(stock, "o-1", Now).Entry);
        Apply(stock, (ended == "Released" ? StockDecisions.Release(stock, "o-1", Now) : StockDecisions.Confirm(stock, "o-1", Now)).Entry);

        var decision = step switch
        {
            "hold" => StockDecisions.Hold(stock, "o-1", Now),
            "confirm" => StockDecisions.Confirm(stock, "o-1", Now),
            _ => StockDecisions.Release(stock, "o-1", Now),
        };

        Assert.Null(decision.Entry);
        Assert.Equal((done, ended), (decision.Result.Done, decision.Result.State.ToString()));
    }

    [Fact]
    public void Restock_SameKey_AddsOnce_AndOtherQuantityIsAReusedKey()
    {
        var stock = With(units: 5);
        Apply(stock, StockDecisions.Restock(stock, "r-1", 10, Now).Entry);

        var again = StockDecisions.Restock(stock, "r-1", 10, Now);
        var other = StockDecisions.Restock(stock, "r-1", 11, Now);

        Assert.Equal((RestockOutcome.Replayed, RestockOutcome.KeyReused), (again.Result, other.Result));
        Assert.Equal((15L, 10L), (stock.Available, stock.Restocked));
    }

    [Fact]
    public void Fork_Decided_LeavesTheOriginalAlone()
    {
        var stock = With(units: 5);
        var fork = stock.Fork();

        fork.Apply(StockDecisions.Reserve(fork, Reserve("o-1", 5), sale: null, Now).Entry!);

        Assert.Equal((0L, 5L), (fork.Available, stock.Available));
        Assert.NotNull(fork.Find("o-1"));
        Assert.Null(stock.Find("o-1"));
    }

    private static StockLedger With(long units)
    {
        var stock = new StockLedger("SKU-1001");
        stock.Apply(new StockCreated(units, Now));
        return stock;
    }

    private static string[] Ids(IReadOnlyList<ReadOnlyMemory<string>> parts) => [.. parts.SelectMany(part => part.ToArray())];

    private static Reserve Reserve(string id, int quantity) => new(id, "SKU-1001", quantity, SampleOrders.One(id, quantity: quantity).Encode());

    private static void Apply(StockLedger stock, StockEntry? entry) => stock.Apply(entry!);
}
