using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Payments;
using DaprShop.Order.Operations;
using DaprShop.Order.Orders;

namespace DaprShop.Tests.Services.Order;

public sealed class InvariantChecksTests
{
    private static readonly DateTimeOffset Now = SampleOrders.Now.AddHours(1);
    private static readonly StockFold Stock = new(
        "SKU-1001", "SKU-1001/0", Initial: 10, Restocked: 0, Available: 8, Reserved: 0, Sold: 2, Received: 0, Sent: 0, UnderWay: 0, Seq: 3);

    /// <summary>One confirmed order over two units of ten, paid once.</summary>
    private static readonly AuditEvidence Sound = new(
        [Order(OrderStatus.Confirmed)],
        [new StockAudit(Stock, Stock, UnitsHeldByReservations: 0, [Reservation(ReservationState.Confirmed)])],
        [Capture()],
        Now);

    private static readonly string[] Names =
    [
        "stock-conserved", "transfers-conserved", "stock-log-agrees", "reserved-units-have-reservations", "nothing-oversold", "ended-orders-settled-stock", "sold-units-are-orders",
        "open-reservations-are-orders", "charged-at-most-once", "confirmed-orders-are-paid", "cancelled-orders-keep-no-money",
        "refunded-orders-keep-no-money", "no-money-without-order",
    ];

    public static TheoryData<string> Checks => new(Names);

    [Fact]
    public void Judge_SoundEvidence_EveryCheckHolds()
    {
        var report = InvariantChecks.Judge(Sound);

        Assert.True(report.Holds, string.Join("; ", report.Checks.Where(check => !check.Holds)));
        Assert.Equal(Names, report.Checks.Select(check => check.Name));
    }

    [Theory]
    [MemberData(nameof(Checks))]
    public void Judge_BrokenPromise_ItsCheckFails(string name)
    {
        var report = InvariantChecks.Judge(Broken(name));

        Assert.False(report.Holds);
        Assert.Contains(name, report.Checks.Where(check => !check.Holds).Select(check => check.Name));
    }

    [Fact]
    public void Judge_OrdersOnTheirWay_RaisesNoAlarm()
    {
        var fresh = Now.AddSeconds(-20);
        var stock = Stock with { Available = 4, Reserved = 4 };
        var evidence = new AuditEvidence(
            [Order(OrderStatus.Confirmed), Order(OrderStatus.AwaitingPayment, "o-2"), Order(OrderStatus.Cancelled, "o-3")],
            [
                new StockAudit(stock, stock, 4, [
                    Reservation(ReservationState.Confirmed),
                    Reservation(ReservationState.Held, "o-2"),
                    Reservation(ReservationState.Released, "o-3"),
                    Reservation(ReservationState.Tentative, "o-accepted-since") with { ReservedAt = fresh },
                ]),
            ],
            [Capture(), Capture("o-2"), Capture("o-3") with { At = fresh }, Capture("o-accepted-since") with { At = fresh }],
            Now);

        var report = InvariantChecks.Judge(evidence);

        Assert.True(report.Holds, string.Join("; ", report.Checks.Where(check => !check.Holds)));
    }

    [Theory]
    [InlineData(ReservationState.Confirmed, false)]
    [InlineData(ReservationState.Confirmed, true)]
    [InlineData(ReservationState.Returned, true)]
    public void Judge_OrderThatIsBeingRefunded_RaisesNoAlarm(ReservationState reservation, bool isMoneyBack)
    {
        var refunding = Order(OrderStatus.Confirmed);
        var report = InvariantChecks.Judge(Sound with
        {
            Orders = [refunding with { State = refunding.State! with { RefundRequest = "r-1" } }],
            Stock = [Sound.Stock[0] with { Reservations = [Reservation(reservation)] }],
            Ledger = isMoneyBack ? [Capture(), Refund()] : [Capture()],
        });

        Assert.True(report.Holds, string.Join("; ", report.Checks.Where(check => !check.Holds)));
    }

    [Fact]
    public void Judge_RefundedOrderWhoseUnitsAreSoldAgain_RaisesNoAlarm()
    {
        var report = InvariantChecks.Judge(Sound with
        {
            Orders = [Order(OrderStatus.Refunded), Order(OrderStatus.Confirmed, "o-2")],
            Stock = [Sound.Stock[0] with { Reservations = [Reservation(ReservationState.Returned), Reservation(ReservationState.Confirmed, "o-2")] }],
            Ledger = [Capture(), Refund(), Capture("o-2")],
        });

        Assert.True(report.Holds, string.Join("; ", report.Checks.Where(check => !check.Holds)));
    }

    [Fact]
    public void Judge_RefundedOrderWhoseUnitsStaySold_RaisesTwoAlarms()
    {
        var report = InvariantChecks.Judge(Sound with { Orders = [Order(OrderStatus.Refunded)], Ledger = [Capture(), Refund()] });

        Assert.Equal(["ended-orders-settled-stock", "sold-units-are-orders"], report.Checks.Where(check => !check.Holds).Select(check => check.Name));
    }

    private static AuditEvidence Broken(string name) => name switch
    {
        "stock-conserved" => WithStock(Stock with { Available = 9 }),
        "stock-log-agrees" => Sound with { Stock = [new StockAudit(Stock, Stock with { Sold = 1, Available = 9 }, 0, Sound.Stock[0].Reservations)] },
        "reserved-units-have-reservations" => WithStock(Stock with { Available = 6, Reserved = 2 }),
        "nothing-oversold" => Sound with
        {
            Orders = [.. Enumerable.Range(0, 6).Select(n => Order(OrderStatus.Confirmed, $"o-{n}"))],
        },
        "ended-orders-settled-stock" => WithReservations(Reservation(ReservationState.Released)),
        "transfers-conserved" => WithStock(Stock with { Available = 7, Sent = 1 }),
        "sold-units-are-orders" => WithReservations(Reservation(ReservationState.Confirmed), Reservation(ReservationState.Confirmed, "o-nobody")),
        "open-reservations-are-orders" => WithReservations(Reservation(ReservationState.Confirmed), Reservation(ReservationState.Tentative, "o-nobody")),
        "charged-at-most-once" => Sound with { Ledger = [Capture(), Capture() with { Id = "ch_2" }] },
        "confirmed-orders-are-paid" => Sound with { Ledger = [] },
        "cancelled-orders-keep-no-money" => Sound with { Orders = [Order(OrderStatus.Cancelled)] },
        "refunded-orders-keep-no-money" => Sound with { Orders = [Order(OrderStatus.Refunded)] },
        "no-money-without-order" => Sound with { Ledger = [Capture(), Capture("o-nobody")] },
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No evidence breaks this check."),
    };

    private static AuditEvidence WithStock(StockFold stock) =>
        Sound with { Stock = [new StockAudit(stock, stock, 0, Sound.Stock[0].Reservations)] };

    private static AuditEvidence WithReservations(params AuditedReservation[] reservations) =>
        Sound with { Stock = [Sound.Stock[0] with { Reservations = reservations }] };

    private static FoundOrder Order(OrderStatus status, string orderId = "o-1")
    {
        var order = SampleOrders.One(orderId);
        return new FoundOrder(order, OrderState.AsPlaced(order) with { Status = status });
    }

    private static AuditedReservation Reservation(ReservationState state, string orderId = "o-1") =>
        new(orderId, orderId, state, 2, SampleOrders.Now);

    private static LedgerEntry Capture(string orderId = "o-1") =>
        new(1, "capture", "ch_1", "ch_1", orderId, 1000, "CNY", SampleOrders.Now);

    private static LedgerEntry Refund(string orderId = "o-1") => Capture(orderId) with { Sequence = 2, Kind = "refund", Id = "re_1" };
}
