using DaprShop.Order.Orders;

namespace DaprShop.Tests.Services.Order;

public sealed class OrderTableTests
{
    /// <summary>The whole table, written out: a pair that is not named here must be illegal.</summary>
    private static readonly Dictionary<(OrderStatus From, OrderEvent Event), OrderStatus> Legal = new()
    {
        [(OrderStatus.Reserved, OrderEvent.HoldTaken)] = OrderStatus.AwaitingPayment,
        [(OrderStatus.Reserved, OrderEvent.HoldRefused)] = OrderStatus.Cancelled,
        [(OrderStatus.Reserved, OrderEvent.PaymentFailed)] = OrderStatus.Cancelled,
        [(OrderStatus.Reserved, OrderEvent.DeadlinePassed)] = OrderStatus.Cancelled,
        [(OrderStatus.Reserved, OrderEvent.CustomerCancelled)] = OrderStatus.Cancelled,
        [(OrderStatus.AwaitingPayment, OrderEvent.PaymentSucceeded)] = OrderStatus.Paid,
        [(OrderStatus.AwaitingPayment, OrderEvent.PaymentFailed)] = OrderStatus.Cancelled,
        [(OrderStatus.AwaitingPayment, OrderEvent.DeadlinePassed)] = OrderStatus.Cancelled,
        [(OrderStatus.AwaitingPayment, OrderEvent.CustomerCancelled)] = OrderStatus.Cancelled,
        [(OrderStatus.Paid, OrderEvent.ReservationConfirmed)] = OrderStatus.Confirmed,
        [(OrderStatus.Paid, OrderEvent.ConfirmRefused)] = OrderStatus.Cancelled,
        [(OrderStatus.Cancelled, OrderEvent.LatePaymentRefunded)] = OrderStatus.Cancelled,
        [(OrderStatus.Confirmed, OrderEvent.RefundRequested)] = OrderStatus.Confirmed,
        [(OrderStatus.Confirmed, OrderEvent.Refunded)] = OrderStatus.Refunded,
    };

    public static TheoryData<int, int> EveryPair()
    {
        var pairs = new TheoryData<int, int>();
        foreach (var status in Enum.GetValues<OrderStatus>())
        {
            foreach (var happened in Enum.GetValues<OrderEvent>())
            {
                pairs.Add((int)status, (int)happened);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(EveryPair))]
    public void Next_EveryPair_IsAsWrittenOut(int status, int happened)
    {
        var pair = ((OrderStatus)status, (OrderEvent)happened);
        OrderStatus? expected = Legal.TryGetValue(pair, out var to) ? to : null;

        var next = OrderTable.Next(pair.Item1, pair.Item2);

        Assert.Equal(expected, next);
    }

    [Theory]
    [MemberData(nameof(EveryPair))]
    public void Next_IntoCancelledForTheFirstTime_HasAReason(int status, int happened)
    {
        var (from, cause) = ((OrderStatus)status, (OrderEvent)happened);

        var cancels = from != OrderStatus.Cancelled && OrderTable.Next(from, cause) == OrderStatus.Cancelled;

        Assert.Equal(cancels, OrderTable.Next(from, cause) is not null && OrderTable.CancelReason(cause) is not null);
    }

    [Fact]
    public void IsTerminal_EveryStatus_MatchesTheApi()
    {
        var terminal = Enum.GetValues<OrderStatus>().Where(OrderTable.IsTerminal);

        Assert.Equal([OrderStatus.Confirmed, OrderStatus.Cancelled, OrderStatus.Refunded], terminal);
    }
}
