using System.Text.Json;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Payments;
using DaprShop.Notification.Inbox;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.Order.Reading;
using DaprShop.Payment.Payments;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Json;
using DaprShop.Tests.Simulation.Load;
using DaprShop.Tests.Simulation.Platform;

namespace DaprShop.Tests.Simulation.Checker;

/// <summary>
/// The oracle: reads the store, the provider's ledger and what customers were told, and no service. Each rule is written down once more here, in
/// no words of the product's.
/// </summary>
internal sealed class Judgement
{
    /// <summary>No saga looks at its order more seldom, whatever holds it up: pauses, outages and the longest wait between two looks together.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, byte[]> _documents;
    private readonly IReadOnlyList<LedgerEntry> _ledger;
    private readonly IReadOnlyList<Promise> _promises;
    private readonly Plan _plan;
    private readonly bool _clocksWereWrong;
    private readonly Dictionary<string, OrderContent> _orders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OrderState> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PaymentDocument> _payments = new(StringComparer.Ordinal);
    private readonly List<string> _violations = [];

    /// <param name="clocksWereWrong">A process was held or misled: it may have judged a reservation too old that was none.</param>
    public Judgement(Store store, IReadOnlyList<LedgerEntry> ledger, IReadOnlyList<Promise> promises, Plan plan, bool clocksWereWrong)
    {
        (_ledger, _promises, _plan, _clocksWereWrong) = (ledger, promises, plan, clocksWereWrong);
        _documents = store.Everything.ToDictionary(StringComparer.Ordinal);
        foreach (var (key, value) in _documents)
        {
            Read(key.Split('/'), value);
        }

        JudgePromises();
        JudgeSale();
        JudgeOrders();
        JudgeMoney();
        var stock = new StockJudgement(_documents, _plan, _orders, _states);
        _violations.AddRange(stock.Violations);
        JudgeInboxes();
        JudgeLists();
    }

    public IReadOnlyList<string> Violations => _violations;

    public int Count(string status) => _states.Values.Count(state => state.Status.ToString() == status);

    private void Read(string[] key, byte[] value)
    {
        switch (key)
        {
            case ["order", { Length: 36 } id]:
                _orders[id] = Changing<OrderContent>(value);
                break;
            case ["order", { Length: 36 } id, "state"]:
                _states[id] = Changing<OrderState>(value);
                break;
            case ["payment", var id]:
                _payments[id] = Changing<PaymentDocument>(value);
                break;
        }
    }

    public static T Changing<T>(byte[] value) => JsonSerializer.Deserialize<Wrapped<T>>(value, ShopJson.Documents)!.Document;

    private void Require(bool holds, string rule)
    {
        if (!holds)
        {
            _violations.Add(rule);
        }
    }

    /// <summary>What was answered 202 is there, as it was asked for, and has ended.</summary>
    private void JudgePromises()
    {
        var asked = _promises.ToLookup(
            promise => DerivedIds.Order(promise.Planned.UserId, promise.Planned.Path, promise.Planned.Key), StringComparer.Ordinal);
        foreach (var id in _orders.Keys)
        {
            Require(asked.Contains(id), $"order {id} goes by no key of a customer");
        }

        // Several promises under one id: the key was used for several bodies.
        foreach (var twins in asked)
        {
            Require(!twins.Any(promise => promise.IsNotFound), $"order {twins.Key} was answered 202 and then not found");
            foreach (var accepted in twins.Select(promise => promise.Accepted).OfType<OrderView>())
            {
                Require(accepted.Id == twins.Key, $"order {twins.Key} was answered as {accepted.Id}");
                Require(_orders.ContainsKey(twins.Key), $"forgotten: order {twins.Key} was answered 202 and has no record");
            }

            if (_orders.TryGetValue(twins.Key, out var order))
            {
                JudgeContent([.. twins], order);
                JudgeEnd([.. twins], order);
            }
        }
    }

    /// <summary>Nobody bought more in a sale than one may.</summary>
    private void JudgeSale()
    {
        foreach (var bought in _orders.Values.Where(order => order.SaleId is not null && IsSold(order.OrderId)).GroupBy(order => order.UserId, StringComparer.Ordinal))
        {
            var units = bought.SelectMany(order => order.Lines).Sum(line => line.Quantity);
            Require(units <= _plan.Sale!.PerUserLimit, $"{bought.Key} bought {units} units of a sale that allows {_plan.Sale.PerUserLimit}");
        }
    }

    private bool IsSold(string id) => _states.GetValueOrDefault(id)?.Status == OrderStatus.Confirmed;

    /// <summary>It is what one of those who used its key asked for, at the catalogue's prices.</summary>
    private void JudgeContent(List<Promise> twins, OrderContent order)
    {
        var lines = order.Lines.Select(line => (line.Sku, line.Quantity)).Order().ToList();
        var asked = twins.Find(promise =>
            promise.Planned.Body.Payment.Source == order.PaymentSource
            && promise.Planned.Body.Items.Select(item => (item.Sku, item.Quantity)).Order().SequenceEqual(lines));
        Require(asked is not null, $"order {order.OrderId} is not what was asked for");
        var total = order.Lines.Sum(line => line.Quantity * (order.SaleId is null ? Prices.Of(line.Sku) : PlannedSale.Price).Amount);
        Require(order.SaleId == twins[0].Planned.SaleId, $"order {order.OrderId} is of another sale");
        Require(order.Total.Amount == total, $"order {order.OrderId} has another total than its lines");
        Require(asked?.Accepted is null || asked.Accepted.Total == order.Total, $"order {order.OrderId} was answered with another total");
        Require(order.UserId == twins[0].Planned.UserId, $"order {order.OrderId} is another user's");
    }

    private void JudgeEnd(List<Promise> twins, OrderContent order)
    {
        if (!_states.TryGetValue(order.OrderId, out var state))
        {
            return;
        }

        Require(
            !twins.Exists(promise => promise.IsRefundPromised) || state.Status == OrderStatus.Refunded,
            $"refund promised: order {order.OrderId} is {state.Status}");
        var promised = twins.Min(promise => promise.CancelPromisedAt);
        Require(
            state.Status == OrderStatus.Cancelled || !_ledger.Any(entry => entry.Kind == "capture" && entry.Reference == order.OrderId && entry.At > promised + LongestLook),
            $"cancellation promised: order {order.OrderId} is {state.Status}, and was charged long after");
        Require(
            state.Status != OrderStatus.Refunded || twins.Exists(promise => promise.IsRefundAsked), $"order {order.OrderId} is refunded and nobody asked for it");
        if (state.Status == OrderStatus.Cancelled)
        {
            Require(Explains(state.CancelReason, twins), $"order {order.OrderId} is cancelled for {state.CancelReason}, which did not happen");
        }
    }

    private bool Explains(string? reason, List<Promise> twins) => reason switch
    {
        "customer" => twins.Exists(promise => promise.IsCancelAsked),
        "payment-declined" => twins.Exists(promise => promise.Planned.Body.Payment.Source == "tok_declined"),
        "payment-deadline" => true,
        // Only who judges by a wrong clock, or judges so late that it no longer holds, takes units from an order that is being accepted.
        "reservation-lost" => _clocksWereWrong,
        _ => false,
    };

    /// <summary>Every order that is in a log or has a record came to an end.</summary>
    private void JudgeOrders()
    {
        foreach (var (key, value) in _documents.Where(document => document.Key.StartsWith("order/log/", StringComparison.Ordinal)))
        {
            foreach (var logged in Changing<OrderLogRecord>(value).Orders)
            {
                Require(_orders.ContainsKey(logged.OrderId), $"order {logged.OrderId} is in {key} and has no record");
            }
        }

        foreach (var id in _orders.Keys)
        {
            var state = _states.GetValueOrDefault(id);
            Require(
                state?.Status is OrderStatus.Confirmed or OrderStatus.Cancelled or OrderStatus.Refunded, $"order {id} is {state?.Status.ToString() ?? "Reserved"} for ever");
            Require(
                state is null || state.Timeline.Select(entry => entry.EventId).Distinct().Count() == state.Timeline.Count, $"order {id} has an event twice");
        }
    }

    /// <summary>The provider holds the total of a confirmed order and nothing of any other; never two captures, and payment knows.</summary>
    private void JudgeMoney()
    {
        foreach (var entries in _ledger.GroupBy(entry => entry.Reference, StringComparer.Ordinal))
        {
            Require(_orders.ContainsKey(entries.Key), $"money without an order: {entries.Key}");
            Require(entries.Count(entry => entry.Kind == "capture") == 1, $"order {entries.Key} was captured more than once");
            Require(entries.Count(entry => entry.Kind == "refund") <= 1, $"order {entries.Key} was refunded more than once");
        }

        foreach (var (id, order) in _orders)
        {
            var entries = _ledger.Where(entry => entry.Reference == id).ToList();
            var net = entries.Sum(entry => entry.Kind == "capture" ? entry.Amount : -entry.Amount);
            var isSold = IsSold(id);
            Require(net == (isSold ? order.Total.Amount : 0), $"order {id} is {_states.GetValueOrDefault(id)?.Status}, the provider holds {net} of {order.Total.Amount}");
            Require(entries.TrueForAll(entry => entry.Amount == order.Total.Amount && entry.Currency == order.Total.Currency), $"order {id}: an amount differs");
            JudgePayment(id, order, entries);
        }
    }

    private void JudgePayment(string id, OrderContent order, List<LedgerEntry> entries)
    {
        if (_payments.GetValueOrDefault(id) is not { } payment)
        {
            Require(entries.Count == 0, $"order {id} was charged without a payment");
            return;
        }

        var isRefunded = entries.Exists(entry => entry.Kind == "refund");
        Require(payment.Amount == order.Total, $"payment of order {id} has another amount");
        Require(payment.Unpublished.Count == 0, $"payment of order {id} has events that were never published");
        Require(payment.Refund is null or { Done: true }, $"payment of order {id} owes a refund");
        Require(
            payment.Status switch
            {
                PaymentStatus.Succeeded => entries.Count == 1,
                PaymentStatus.Refunded => isRefunded,
                PaymentStatus.Failed or PaymentStatus.Voided => entries.Count == 0,
                _ => false,
            },
            $"payment of order {id} is {payment.Status} beside {entries.Count} ledger entries");
    }

    /// <summary>Each end of an order, and each refund, was told exactly once, and nothing else was.</summary>
    private void JudgeInboxes()
    {
        var told = new List<(string User, string Order, string Kind)>();
        foreach (var (key, value) in _documents.Where(document => document.Key.StartsWith("inbox/", StringComparison.Ordinal)))
        {
            told.AddRange(Changing<InboxHead>(value).Entries.Select(entry => (key["inbox/".Length..], entry.OrderId, entry.Kind)));
        }

        var expected = new List<(string User, string Order, string Kind)>();
        foreach (var (id, order) in _orders)
        {
            var status = _states.GetValueOrDefault(id)?.Status;
            if (status is OrderStatus.Confirmed or OrderStatus.Refunded)
            {
                expected.Add((order.UserId, id, "order-confirmed"));
            }

            if (status is OrderStatus.Cancelled or OrderStatus.Refunded)
            {
                expected.Add((order.UserId, id, status == OrderStatus.Cancelled ? "order-cancelled" : "order-refunded"));
            }

            if (_ledger.Any(entry => entry.Reference == id && entry.Kind == "refund"))
            {
                expected.Add((order.UserId, id, "payment-refunded"));
            }
        }

        told.Sort();
        expected.Sort();
        foreach (var missing in expected.Except(told))
        {
            _violations.Add($"not told: {missing.Kind} of order {missing.Order}");
        }

        foreach (var extra in told.Except(expected))
        {
            _violations.Add($"told without reason: {extra.Kind} of order {extra.Order}");
        }

        Require(told.Distinct().Count() == told.Count, "told twice");
    }

    /// <summary>Every order is in its user's list once.</summary>
    private void JudgeLists()
    {
        foreach (var orders in _orders.Values.GroupBy(order => order.UserId, StringComparer.Ordinal))
        {
            var head = _documents.TryGetValue($"userorders/{orders.Key}/head", out var value) ? Changing<UserOrdersHead>(value) : null;
            var listed = head?.Entries.Select(entry => entry.OrderId).Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>();
            Require(
                listed.SequenceEqual(orders.Select(order => order.OrderId).Order(StringComparer.Ordinal)), $"the list of {orders.Key} is not his orders");
        }
    }

    private sealed record Wrapped<T>(T Document);
}
