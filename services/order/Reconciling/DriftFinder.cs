using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Payments;
using DaprShop.Order.Orders;
using static DaprShop.Order.Reconciling.DriftKinds;

namespace DaprShop.Order.Reconciling;

/// <summary>
/// Compares the order logs with their states, the stock logs, the provider's ledger and the customers' lists: a pure function. What is never
/// right, such as a second capture, is judged at once. All else is judged when it is settled: nothing about the order, neither its state nor its
/// money, has moved for the given patience before the reading began.
/// </summary>
internal static class DriftFinder
{
    private const string Capture = "capture";

    public static IReadOnlyList<Drift> Find(AuditFacts facts, TimeSpan patience)
    {
        var horizon = facts.ReadFrom - patience;
        var entries = facts.Evidence.Ledger.ToLookup(entry => entry.Reference, StringComparer.Ordinal);
        var reservations = facts.Evidence.Stock
            .SelectMany(stock => stock.Reservations, (stock, reservation) => (stock.Document.Sku, Reservation: reservation))
            .ToDictionary(pair => (pair.Sku, pair.Reservation.ReservationId), pair => pair.Reservation);
        var drifts = new List<Drift>();
        foreach (var order in facts.Evidence.Orders)
        {
            LedgerEntry[] money = [.. entries[order.Order.OrderId]];
            drifts.AddRange(NeverRight(order.Order, money));
            var state = order.State ?? OrderState.AsPlaced(order.Order);
            if (state.Timeline[^1].Time <= horizon && money.All(entry => entry.At <= horizon))
            {
                drifts.AddRange(Money(order.Order, state, money));
                drifts.AddRange(Units(order.Order, state, reservations));
            }
        }

        drifts.AddRange(Strangers(facts, horizon));
        drifts.AddRange(Stock(facts.Evidence.Stock));
        drifts.AddRange(Lists(facts, horizon));
        return drifts;
    }

    private static IEnumerable<Drift> NeverRight(OrderContent order, LedgerEntry[] money)
    {
        var captures = money.Count(entry => entry.Kind == Capture);
        var refunds = money.Length - captures;
        if (captures > 1)
        {
            yield return new Drift(DoubleCapture, order.OrderId, Sku: null, $"the provider captured {captures} times");
        }

        if (refunds > 1)
        {
            yield return new Drift(RefundedTwice, order.OrderId, Sku: null, $"the provider refunded {refunds} times");
        }

        foreach (var entry in money.Where(entry => entry.Amount != order.Total.Amount || entry.Currency != order.Total.Currency).Take(1))
        {
            yield return new Drift(
                AmountDiffers,
                order.OrderId,
                Sku: null,
                $"{entry.Kind} {entry.Id} is over {entry.Amount} {entry.Currency}, the order over {order.Total.Amount} {order.Total.Currency}");
        }
    }

    private static IEnumerable<Drift> Money(OrderContent order, OrderState state, LedgerEntry[] money)
    {
        var net = money.Sum(entry => entry.Kind == Capture ? entry.Amount : -entry.Amount);
        var held = $"the provider holds {net} minor units";
        switch (state)
        {
            case { IsRefunding: true }:
                yield return new Drift(
                    RefundMissing, order.OrderId, Sku: null, $"its refund is decided and not done; {held}", DriftRepair.StartRefund);
                break;
            case { Status: OrderStatus.Reserved or OrderStatus.AwaitingPayment } when net > 0:
                yield return new Drift(CapturedNotPaid, order.OrderId, Sku: null, $"it is {state.Status}; {held}", DriftRepair.WakeSaga);
                break;
            case { Status: OrderStatus.Paid or OrderStatus.Confirmed } when net <= 0:
                yield return new Drift(PaidWithoutCapture, order.OrderId, Sku: null, $"it is {state.Status}; {held}");
                break;
            case { Status: OrderStatus.Refunded } or { Status: OrderStatus.Cancelled, PaymentStatus: "Refunded" } when net > 0:
                yield return new Drift(RefundMissing, order.OrderId, Sku: null, $"it is {state.Status}; {held}", DriftRepair.RefundPayment);
                break;
            case { Status: OrderStatus.Cancelled } when net > 0:
                yield return new Drift(VoidedButCaptured, order.OrderId, Sku: null, $"it is Cancelled; {held}", DriftRepair.SettlePayment);
                break;
        }
    }

    private static IEnumerable<Drift> Units(
        OrderContent order, OrderState state, IReadOnlyDictionary<(string Sku, string ReservationId), AuditedReservation> reservations)
    {
        if (state.IsRefunding)
        {
            yield break;
        }

        foreach (var line in order.Lines)
        {
            if (!reservations.TryGetValue((line.Sku, line.ReservationId), out var reservation))
            {
                if (state.Status != OrderStatus.Cancelled)
                {
                    yield return new Drift(
                        OrderWithoutReservation,
                        order.OrderId,
                        line.Sku,
                        $"it is {state.Status} and its units were never reserved",
                        ReservationId: line.ReservationId);
                }

                continue;
            }

            var isOpen = reservation.State is ReservationState.Tentative or ReservationState.Held;
            var keeps = isOpen || reservation.State == ReservationState.Confirmed;
            if (state.Status == OrderStatus.Confirmed && reservation.State != ReservationState.Confirmed)
            {
                yield return new Drift(
                    ConfirmedNotSold,
                    order.OrderId,
                    line.Sku,
                    $"its reservation is {reservation.State}",
                    isOpen ? DriftRepair.ConfirmUnits : DriftRepair.None,
                    line.ReservationId);
            }
            else if (state.Status is OrderStatus.Cancelled or OrderStatus.Refunded && keeps)
            {
                yield return new Drift(
                    HeldAfterEnd,
                    order.OrderId,
                    line.Sku,
                    $"it is {state.Status} and its reservation {reservation.State}",
                    DriftRepair.ReturnUnits,
                    line.ReservationId);
            }
        }
    }

    /// <summary>Units and money of orders that nobody accepted.</summary>
    private static IEnumerable<Drift> Strangers(AuditFacts facts, DateTimeOffset horizon)
    {
        var orders = facts.Evidence.Orders.ToDictionary(order => order.Order.OrderId, order => order.Order, StringComparer.Ordinal);
        foreach (var stock in facts.Evidence.Stock)
        {
            foreach (var reservation in stock.Reservations)
            {
                var isOurs = orders.TryGetValue(reservation.OrderId, out var order)
                    && order.Lines.Any(line => line.Sku == stock.Document.Sku && line.ReservationId == reservation.ReservationId);
                if (!isOurs && reservation.State != ReservationState.Released && reservation.ReservedAt <= horizon)
                {
                    yield return new Drift(
                        ReservationWithoutOrder,
                        reservation.OrderId,
                        stock.Document.Sku,
                        $"{reservation.Quantity} units are {reservation.State} for no line of an accepted order",
                        ReservationId: reservation.ReservationId);
                }
            }
        }

        foreach (var money in facts.Evidence.Ledger.GroupBy(entry => entry.Reference, StringComparer.Ordinal))
        {
            var net = money.Sum(entry => entry.Kind == Capture ? entry.Amount : -entry.Amount);
            if (!orders.ContainsKey(money.Key) && net > 0 && money.All(entry => entry.At <= horizon))
            {
                yield return new Drift(CaptureWithoutOrder, money.Key, Sku: null, $"nobody accepted it; the provider holds {net} minor units");
            }
        }
    }

    /// <summary>Document and log of a bucket are read at one batch, so there is nothing to wait for.</summary>
    private static IEnumerable<Drift> Stock(IEnumerable<StockAudit> audits)
    {
        foreach (var stock in audits)
        {
            var (document, log) = (stock.Document, stock.Log);
            if (document != log)
            {
                yield return new Drift(
                    StockCountersDiffer,
                    OrderId: null,
                    document.Bucket,
                    $"the document has {Counters(document)}, its log folds to {Counters(log)}");
            }
            else if (document.Initial + document.Restocked + document.Received != document.Available + document.Reserved + document.Sold + document.Sent
                || log.Reserved != stock.UnitsHeldByReservations)
            {
                yield return new Drift(
                    StockCountersDiffer,
                    OrderId: null,
                    document.Bucket,
                    $"{Counters(document)} do not add up with {stock.UnitsHeldByReservations} units of open reservations");
            }
        }
    }

    private static IEnumerable<Drift> Lists(AuditFacts facts, DateTimeOffset horizon)
    {
        var orders = facts.Evidence.Orders.ToDictionary(order => order.Order.OrderId, order => order.Order, StringComparer.Ordinal);
        foreach (var order in orders.Values.Where(order => order.CreatedAt <= horizon && !facts.Waiting.Contains(order.OrderId)))
        {
            if (facts.Lists.GetValueOrDefault(order.UserId, []).All(entry => entry.OrderId != order.OrderId))
            {
                yield return new Drift(ProjectionBehind, order.OrderId, Sku: null, "its customer's list does not have it", DriftRepair.ListOrder);
            }
        }

        foreach (var (userId, list) in facts.Lists)
        {
            foreach (var listed in list.Where(entry => entry.CreatedAt <= horizon).GroupBy(entry => entry.OrderId, StringComparer.Ordinal))
            {
                var isHis = orders.TryGetValue(listed.Key, out var order) && order.UserId == userId;
                if (!isHis || listed.Count() > 1)
                {
                    yield return new Drift(
                        ProjectionAhead,
                        listed.Key,
                        Sku: null,
                        isHis ? $"its customer's list has it {listed.Count()} times" : "a list has it and nobody accepted it");
                }
            }
        }
    }

    private static string Counters(StockFold fold) =>
        $"available {fold.Available}, reserved {fold.Reserved}, sold {fold.Sold} at batch {fold.Seq}";
}
