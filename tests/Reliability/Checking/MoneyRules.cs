namespace DaprShop.Reliability.Checking;

/// <summary>I5 and I6 by the provider's ledger alone, and the shop's own payment documents beside it.</summary>
internal static class MoneyRules
{
    private const string Capture = "capture";

    public static IEnumerable<Finding> Judge(World world, Orders orders)
    {
        var ledger = world.Ledger.ToLookup(line => line.OrderId, StringComparer.Ordinal);
        var payments = world.Payments.ToDictionary(payment => payment.OrderId, StringComparer.Ordinal);
        return
        [
            .. orders.Accepted.Values.SelectMany(order => Order(order, orders, [.. ledger[order.OrderId]])),
            .. orders.Accepted.Values.SelectMany(order => Payment(order.OrderId, orders.StatusOf(order.OrderId), payments.GetValueOrDefault(order.OrderId))),
            .. ledger.Where(lines => !orders.Accepted.ContainsKey(lines.Key))
                .Select(lines => new Finding(Findings.MoneyOfNobody, lines.Key, $"nobody accepted it; the ledger has {lines.Count()} lines")),
        ];
    }

    private static IEnumerable<Finding> Order(OrderRecord order, Orders orders, LedgerLine[] money)
    {
        var captures = money.Where(line => line.Kind == Capture).ToList();
        var refunds = money.Where(line => line.Kind != Capture).ToList();
        var status = orders.StatusOf(order.OrderId);
        if (captures.Count > 1)
        {
            yield return new Finding(Findings.DoubleCapture, order.OrderId, $"captured {captures.Count} times");
        }

        if (refunds.Count > 1)
        {
            yield return new Finding(Findings.DoubleRefund, order.OrderId, $"refunded {refunds.Count} times");
        }

        if (money.FirstOrDefault(line => line.Amount != order.Total) is { } other)
        {
            yield return new Finding(Findings.AmountDiffers, order.OrderId, $"{other.Kind} {other.Id} is over {other.Amount}, the order over {order.Total}");
        }

        var kept = captures.Sum(line => line.Amount) - refunds.Sum(line => line.Amount);
        if (status == OrderLife.Confirmed && captures.Count == 0)
        {
            yield return new Finding(Findings.CaptureMissing, order.OrderId, "it is Confirmed and nothing was captured");
        }
        else if (status == OrderLife.Confirmed && kept < order.Total)
        {
            yield return new Finding(Findings.MoneyGivenAway, order.OrderId, $"it is Confirmed and the provider holds {kept} of {order.Total}");
        }
        else if (kept < 0)
        {
            yield return new Finding(Findings.MoneyGivenAway, order.OrderId, $"more went back than came: {kept}");
        }

        if (status is OrderLife.Cancelled or OrderLife.Refunded && kept > 0)
        {
            yield return new Finding(Findings.MoneyKept, order.OrderId, $"it is {status} and the provider holds {kept}");
        }
    }

    private static IEnumerable<Finding> Payment(string orderId, string status, PaymentFacts? payment)
    {
        var expected = status switch
        {
            OrderLife.Confirmed => "Succeeded",
            OrderLife.Refunded => "Refunded",
            _ => null,
        };
        if ((expected is not null && payment?.Status != expected) || (status == OrderLife.Cancelled && payment is { Status: "Pending" or "Succeeded" }))
        {
            yield return new Finding(Findings.PaymentDiffers, orderId, $"it is {status}, its payment {payment?.Status ?? "missing"}");
        }

        if (payment is { RefundOwed: true } or { Unpublished: > 0 })
        {
            yield return new Finding(Findings.PaymentOwing, orderId, payment.RefundOwed ? "its refund is decided and not done" : "its payment has events to tell");
        }
    }
}
