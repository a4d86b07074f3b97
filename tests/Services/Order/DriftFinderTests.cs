using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Payments;
using DaprShop.Order.Operations;
using DaprShop.Order.Orders;
using DaprShop.Order.Reading;
using DaprShop.Order.Reconciling;

namespace DaprShop.Tests.Services.Order;

public sealed class DriftFinderTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly DateTimeOffset Now = SampleOrders.Now.AddHours(1);
    private static readonly DateTimeOffset Fresh = Now.AddMinutes(-4);

    private static readonly StockFold Stock = new(
        "SKU-1001", "SKU-1001/0", Initial: 10, Restocked: 0, Available: 8, Reserved: 0, Sold: 2, Received: 0, Sent: 0, UnderWay: 0, Seq: 3);

    /// <summary>One confirmed order over two units of ten, paid once and listed once, for an hour.</summary>
    private static readonly AuditFacts Sound = Facts([Order(OrderStatus.Confirmed)], [Reservation(ReservationState.Confirmed)], [Capture()]);

    /// <summary>Each drift as it is planted, and the command that is safe.</summary>
    private static readonly Dictionary<string, (AuditFacts Facts, string Kind, DriftRepair Repair)> Planted = new()
    {
        ["captured but the order is not paid"] = (
            Facts([Order(OrderStatus.AwaitingPayment)], [Reservation(ReservationState.Held)], [Capture()]), "captured-not-paid", DriftRepair.WakeSaga),
        ["captured and nobody accepted the order"] = (
            With(Sound, ledger: [Capture(), Capture("o-nobody")]), "capture-without-order", DriftRepair.None),
        ["paid and never captured"] = (With(Sound, ledger: []), "paid-without-capture", DriftRepair.None),
        ["confirmed and the money went back"] = (With(Sound, ledger: [Capture(), Refund()]), "paid-without-capture", DriftRepair.None),
        ["captured twice"] = (With(Sound, ledger: [Capture(), Capture() with { Id = "ch_2", At = Fresh }]), "double-capture", DriftRepair.None),
        ["voided but captured"] = (
            Facts([Order(OrderStatus.Cancelled)], [Reservation(ReservationState.Released)], [Capture()]), "voided-but-captured", DriftRepair.SettlePayment),
        ["late money said to be back and is not"] = (
            Facts([Order(OrderStatus.Cancelled, change: state => state with { PaymentStatus = "Refunded" })], [Reservation(ReservationState.Released)], [Capture()]),
            "refund-missing",
            DriftRepair.RefundPayment),
        ["refunded and the money is not back"] = (
            Facts([Order(OrderStatus.Refunded)], [Reservation(ReservationState.Returned)], [Capture()]), "refund-missing", DriftRepair.RefundPayment),
        ["a refund that was decided and forgotten"] = (
            Facts([Order(OrderStatus.Confirmed, change: state => state with { RefundRequest = "r-1" })], [Reservation(ReservationState.Confirmed)], [Capture()]),
            "refund-missing",
            DriftRepair.StartRefund),
        ["refunded twice"] = (
            Facts(
                [Order(OrderStatus.Refunded)],
                [Reservation(ReservationState.Returned)],
                [Capture(), Refund(), Refund() with { Id = "re_2", At = Fresh }]),
            "refunded-twice",
            DriftRepair.None),
        ["another amount"] = (With(Sound, ledger: [Capture() with { Amount = 999 }]), "amount-differs", DriftRepair.None),
        ["another currency"] = (With(Sound, ledger: [Capture() with { Currency = "EUR" }]), "amount-differs", DriftRepair.None),
        ["confirmed and only held"] = (
            Facts([Order(OrderStatus.Confirmed)], [Reservation(ReservationState.Held)], [Capture()]), "confirmed-not-sold", DriftRepair.ConfirmUnits),
        ["confirmed and given away"] = (
            Facts([Order(OrderStatus.Confirmed)], [Reservation(ReservationState.Released)], [Capture()]), "confirmed-not-sold", DriftRepair.None),
        ["cancelled and still held"] = (
            Facts([Order(OrderStatus.Cancelled)], [Reservation(ReservationState.Held)], []), "held-after-end", DriftRepair.ReturnUnits),
        ["refunded and still sold"] = (
            Facts([Order(OrderStatus.Refunded)], [Reservation(ReservationState.Confirmed)], [Capture(), Refund()]), "held-after-end", DriftRepair.ReturnUnits),
        ["units of nobody"] = (
            With(Sound, reservations: [Reservation(ReservationState.Confirmed), Reservation(ReservationState.Held, "o-nobody")]),
            "reservation-without-order",
            DriftRepair.None),
        ["units of an attempt that is not the order's"] = (
            With(Sound, reservations: [Reservation(ReservationState.Confirmed), Reservation(ReservationState.Held) with { ReservationId = "o-1:1:SKU-1001" }]),
            "reservation-without-order",
            DriftRepair.None),
        ["an order without units"] = (With(Sound, reservations: []), "order-without-reservation", DriftRepair.None),
        ["counters beside their log"] = (
            WithStock(Stock, Stock with { Sold = 3, Available = 7 }), "stock-counters-differ", DriftRepair.None),
        ["counters that do not add up"] = (
            WithStock(Stock with { Available = 9 }, Stock with { Available = 9 }), "stock-counters-differ", DriftRepair.None),
        ["a list that is behind"] = (WithList([]), "projection-behind", DriftRepair.ListOrder),
        ["a list that is ahead"] = (
            WithList([new UserOrder("o-1", SampleOrders.Now), new UserOrder("o-nobody", SampleOrders.Now)]), "projection-ahead", DriftRepair.None),
        ["a list that has it twice"] = (
            WithList([new UserOrder("o-1", SampleOrders.Now), new UserOrder("o-1", SampleOrders.Now)]), "projection-ahead", DriftRepair.None),
    };

    public static TheoryData<string> EachPlanted => new(Planted.Keys);

    [Fact]
    public void Find_WhatAgrees_IsNoDrift() => Assert.Empty(DriftFinder.Find(Sound, Patience));

    [Theory]
    [MemberData(nameof(EachPlanted))]
    public void Find_PlantedDrift_IsTheOnlyOneAndHasItsCommand(string what)
    {
        var (facts, kind, repair) = Planted[what];

        var drift = Assert.Single(DriftFinder.Find(facts, Patience));

        Assert.Equal((kind, repair), (drift.Kind, drift.Repair));
        Assert.NotEmpty(drift.Detail);
    }

    [Fact]
    public void Planted_EveryKind_IsAmongThem()
    {
        var kinds = typeof(DriftKinds).GetFields().Select(field => (string)field.GetRawConstantValue()!).Order(StringComparer.Ordinal);

        Assert.Equal(kinds, Planted.Values.Select(planted => planted.Kind).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>Every order moved a moment ago, in every way in which one record can be ahead of another.</summary>
    [Fact]
    public void Find_EverythingIsOnItsWay_IsNoDrift()
    {
        FoundOrder Moving(string id, OrderStatus status, Func<OrderState, OrderState>? change = null) => Order(status, id, change, Fresh);
        var facts = Facts(
            [
                Moving("o-1", OrderStatus.AwaitingPayment),
                Moving("o-2", OrderStatus.Paid),
                Moving("o-3", OrderStatus.Confirmed),
                Moving("o-4", OrderStatus.Cancelled),
                Moving("o-5", OrderStatus.Confirmed, state => state with { RefundRequest = "r-1" }),
                Moving("o-6", OrderStatus.Refunded),
                Order(OrderStatus.Confirmed, "o-7"),
                new FoundOrder(SampleOrders.One("o-8") with { CreatedAt = Fresh }, State: null),
                new FoundOrder(SampleOrders.One("o-9"), State: null),
            ],
            [
                Reservation(ReservationState.Held, "o-1"),
                Reservation(ReservationState.Held, "o-2"),
                Reservation(ReservationState.Held, "o-3"),
                Reservation(ReservationState.Held, "o-4"),
                Reservation(ReservationState.Returned, "o-5"),
                Reservation(ReservationState.Confirmed, "o-6"),
                Reservation(ReservationState.Confirmed, "o-7"),
                Reservation(ReservationState.Tentative, "o-accepted-since") with { ReservedAt = Fresh },
                Reservation(ReservationState.Tentative, "o-9"),
            ],
            [
                Capture("o-1"), Capture("o-4"), Capture("o-5"), Refund("o-5"), Capture("o-6"),
                Capture("o-7") with { At = Fresh }, Capture("o-accepted-since") with { At = Fresh },
            ]);
        var lists = new Dictionary<string, IReadOnlyList<UserOrder>>
        {
            ["shopper-1"] = [.. Enumerable.Range(1, 7).Select(n => new UserOrder($"o-{n}", SampleOrders.Now)), new UserOrder("o-accepted-since", Fresh)],
        };

        Assert.Empty(DriftFinder.Find(facts with { Lists = lists, Waiting = new HashSet<string> { "o-9" } }, Patience));
    }

    [Fact]
    public void Find_MoneyMovedAMomentAgo_IsJudgedLater()
    {
        var late = With(Facts([Order(OrderStatus.Cancelled)], [Reservation(ReservationState.Released)], []), ledger: [Capture() with { At = Fresh }]);

        Assert.Empty(DriftFinder.Find(late, Patience));
        Assert.Equal("voided-but-captured", Assert.Single(DriftFinder.Find(late with { ReadFrom = Fresh + Patience }, Patience)).Kind);
    }

    private static AuditFacts Facts(
        IReadOnlyList<FoundOrder> orders, IReadOnlyList<AuditedReservation> reservations, IReadOnlyList<LedgerEntry> ledger)
    {
        var held = reservations
            .Where(reservation => reservation.State is ReservationState.Tentative or ReservationState.Held).Sum(reservation => (long)reservation.Quantity);
        var sold = reservations.Where(reservation => reservation.State == ReservationState.Confirmed).Sum(reservation => (long)reservation.Quantity);
        var stock = Stock with { Initial = 100, Available = 100 - held - sold, Reserved = held, Sold = sold };
        return new AuditFacts(
            new AuditEvidence(orders, [new StockAudit(stock, stock, held, reservations)], ledger, Now),
            Now,
            new HashSet<string>(),
            new Dictionary<string, IReadOnlyList<UserOrder>>
            {
                ["shopper-1"] = [.. orders.Select(order => new UserOrder(order.Order.OrderId, order.Order.CreatedAt))],
            });
    }

    private static AuditFacts With(AuditFacts facts, IReadOnlyList<AuditedReservation>? reservations = null, IReadOnlyList<LedgerEntry>? ledger = null) =>
        Facts(facts.Evidence.Orders, reservations ?? facts.Evidence.Stock[0].Reservations, ledger ?? facts.Evidence.Ledger);

    private static AuditFacts WithStock(StockFold document, StockFold log) => Sound with
    {
        Evidence = Sound.Evidence with { Stock = [new StockAudit(document, log, UnitsHeldByReservations: 0, [Reservation(ReservationState.Confirmed)])] },
    };

    private static AuditFacts WithList(IReadOnlyList<UserOrder> list) =>
        Sound with { Lists = new Dictionary<string, IReadOnlyList<UserOrder>> { ["shopper-1"] = list } };

    private static FoundOrder Order(
        OrderStatus status, string orderId = "o-1", Func<OrderState, OrderState>? change = null, DateTimeOffset? changedAt = null)
    {
        var order = SampleOrders.One(orderId);
        var placed = OrderState.AsPlaced(order);
        var state = placed with
        {
            Status = status,
            Timeline = [.. placed.Timeline, new OrderTransition(status, changedAt ?? SampleOrders.Now, "test", $"{orderId}:test", TraceId: null)],
        };
        return new FoundOrder(order, change is null ? state : change(state));
    }

    private static AuditedReservation Reservation(ReservationState state, string orderId = "o-1") => new(orderId, orderId, state, 2, SampleOrders.Now);

    private static LedgerEntry Capture(string orderId = "o-1") => new(1, "capture", "ch_1", "ch_1", orderId, 1000, "CNY", SampleOrders.Now);

    private static LedgerEntry Refund(string orderId = "o-1") => Capture(orderId) with { Sequence = 2, Kind = "refund", Id = "re_1" };
}
