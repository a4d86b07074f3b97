using DaprShop.Reliability.Checking;

namespace DaprShop.Reliability.Tests;

/// <param name="Bug">What kind of bug would leave the world so.</param>
/// <param name="Finding">What the checker has to say of it; it may say more.</param>
internal sealed record Corruption(string Bug, string Finding, Func<World, World> Plant);

/// <summary>Bugs, planted in a correct world by what they would leave behind in stores, ledger and answers.</summary>
internal static class Corruptions
{
    public static IReadOnlyList<Corruption> All { get; } =
    [
        .. OfOrders(),
        .. OfStock(),
        .. OfMoney(),
        .. OfNotices(),
        .. OfDeadLetters(),
    ];

    private static IEnumerable<Corruption> OfOrders()
    {
        yield return new("answers before the log is written", Findings.OrderForgotten, world => Forget(world, Confirmed(world)));
        yield return new("the relay drops an order", Findings.OrderNotRecorded, world => world with { Records = Without(world.Records, Confirmed(world)) });
        yield return new("a record without the log", Findings.OrderNotLogged, world => world with { Logged = Without(world.Logged, Confirmed(world)) });
        yield return new("no saga is started", Findings.OrderUnfinished, world => world with { States = [.. world.States.Where(state => state.OrderId != Confirmed(world))] });
        yield return new(
            "a saga stands still", Findings.OrderUnfinished,
            world => State(world, Confirmed(world), state => state with { Status = "AwaitingPayment", Version = 2, Timeline = [.. state.Timeline.Take(2)] }));
        yield return new("a retry makes a second order", Findings.OrderTwice, world => Answered(world, Confirmed(world), answer => [answer, answer with { OrderId = "another" }]));
        yield return new("an order nobody placed", Findings.OrderUnasked, world => Invent(world, "shopper-999"));
        yield return new(
            "a refusal after the order was kept", Findings.RefusedAndAccepted,
            world => Answered(world, Confirmed(world), answer => [answer with { Phase = Phase.Fail, OrderId = null, Detail = "409 sold-out" }]));
        yield return new(
            "a replay answers another order", Findings.AnswerDiffers,
            world => Answered(world, Confirmed(world), answer => [answer, answer with { Total = answer.Total + 1 }]));
        yield return new(
            "a retry overwrites the lines", Findings.ContentDiffers,
            world => Records(world, Confirmed(world), order => order with { Lines = [.. order.Lines.Select(line => line with { Quantity = line.Quantity + 1 })] }));
        yield return new("another user's order", Findings.ContentDiffers, world => Records(world, Confirmed(world), order => order with { User = "shopper-999" }));
        yield return new(
            "a price of the client's own", Findings.PriceDiffers,
            world => Records(world, Confirmed(world), order => order with { Lines = [.. order.Lines.Select(line => line with { Price = 1 })] }));
        yield return new("an answer never comes", Findings.Unresolved, world => Answered(world, Confirmed(world), answer => [answer with { Phase = Phase.Info, OrderId = null }]));
        yield return new("a read does not find what was accepted", Findings.ReadForgot, world => Read(world, Confirmed(world), (Phase.Fail, null)));
        yield return new("a read goes back in time", Findings.ReadRegressed, world => Read(world, Confirmed(world), (Phase.Ok, 4), (Phase.Ok, 2)));
        yield return new("a refund is promised and forgotten", Findings.RefundForgotten, world => Asked(world, Actions.Refund, Confirmed(world)));
        yield return new("a refund that nobody asked for", Findings.RefundUnasked, world => Unasked(world, Actions.Refund, Refunded(world)));
        yield return new("a refund that is decided and not done", Findings.OrderUnfinished, world => State(world, Confirmed(world), state => state with { RefundAsked = true }));
        yield return new(
            "a cancellation that nobody asked for", Findings.CancelUnasked,
            world => State(world, Cancelled(world), state => state with { CancelReason = "customer" }, Actions.Cancel));
        yield return new("a restock that is forgotten", Findings.RestockLost, world => world with { History = [.. world.History, .. Restock(world)] });
        yield return new(
            "paid without a payment", Findings.IllegalMove,
            world => State(world, Confirmed(world), state => state with { Version = 3, Timeline = [state.Timeline[0], state.Timeline[1], state.Timeline[3]] }));
        yield return new(
            "an event has its effect twice", Findings.IllegalMove,
            world => State(world, Confirmed(world), state => state with { Version = 5, Timeline = [.. state.Timeline, state.Timeline[^1]] }));
        yield return new("a terminal state is left", Findings.IllegalMove, world => State(world, Cancelled(world), state => state with { Status = "Paid" }));
        yield return new("a version is skipped", Findings.VersionDiffers, world => State(world, Confirmed(world), state => state with { Version = state.Version + 1 }));
    }

    private static IEnumerable<Corruption> OfStock()
    {
        yield return new(
            "a swap without its ETag", Findings.Oversold,
            world => Bucket(world, Confirmed(world), (bucket, units) => bucket with { Available = bucket.Available + units, Sold = bucket.Sold - units }));
        yield return new("more is promised than there is", Findings.Oversold, world => world with { Pools = [.. world.Pools.Select(pool => pool with { Initial = 0 })] });
        yield return new(
            "the log sells below nothing", Findings.Oversold,
            world => Log(world, Confirmed(world), entry => entry is { Kind: "created" } ? [entry with { Units = 0 }] : [entry]));
        yield return new(
            "units of a cancelled order stay away", Findings.Undersold,
            world => Bucket(world, Cancelled(world), (bucket, units) => bucket with { Available = bucket.Available - units, Reserved = bucket.Reserved + units }));
        yield return new("a reservation is never released", Findings.UnitsKept, world => Log(world, Cancelled(world), entry => entry.Kind == "released" ? [] : [entry]));
        yield return new(
            "a counter beside its log", Findings.StockDrift,
            world => Bucket(world, Confirmed(world), (bucket, _) => bucket with { Available = bucket.Available + 1 }));
        yield return new("counters that do not add up", Findings.StockDrift, world => Bucket(world, Confirmed(world), (bucket, _) => bucket with { Initial = bucket.Initial + 1 }));
        yield return new(
            "a log entry is forgotten before it is written", Findings.StockLogGap,
            world => Bucket(world, Confirmed(world), (bucket, _) => bucket with { Batches = [.. bucket.Batches.Where(batch => batch.N != bucket.Seq / 2)] }));
        yield return new(
            "the newest log entry is lost", Findings.StockLogGap,
            world => Bucket(world, Confirmed(world), (bucket, _) => bucket with { Batches = [.. bucket.Batches.SkipLast(1)] }));
        yield return new("units are sold twice", Findings.StockIllegalMove, world => Log(world, Confirmed(world), entry => entry.Kind == "confirmed" ? [entry, entry] : [entry]));
        yield return new(
            "sold units are released", Findings.StockIllegalMove,
            world => Log(world, Confirmed(world), entry => entry.Kind == "confirmed" ? [entry, entry with { Kind = "released" }] : [entry]));
        yield return new(
            "a reservation is counted twice", Findings.StockIllegalMove,
            world => Log(world, Confirmed(world), entry => entry.Kind == "reserved" ? [entry, entry] : [entry]));
        yield return new("a restock runs twice", Findings.StockIllegalMove, Restocked);
        yield return new("the confirmation is skipped", Findings.UnitsNotSold, world => Log(world, Confirmed(world), entry => entry.Kind == "confirmed" ? [] : [entry]));
        yield return new(
            "an orphan is never given back", Findings.UnitsOfNobody,
            world => Log(world, Confirmed(world), entry => entry.Kind == "reserved" ? [entry, entry with { Id = "orphan", OrderId = "orphan" }] : [entry]));
        yield return new(
            "another quantity is reserved", Findings.QuantityDiffers,
            world => Log(world, Confirmed(world), entry => entry.Kind == "reserved" ? [entry with { Units = entry.Units + 1 }] : [entry]));
        yield return new(
            "units are lost between two buckets", Findings.TransferLost,
            world => Bucket(world, Confirmed(world), (bucket, _) => bucket with { Sent = bucket.Sent + 3 }));
        yield return new(
            "stock begins with other units", Findings.StockDrift,
            world => world with { Offers = [.. world.Offers.Select(offer => offer with { Initial = offer.Initial + 1 })] });
    }

    private static IEnumerable<Corruption> OfMoney()
    {
        yield return new(
            "a charge without its key", Findings.DoubleCapture,
            world => Ledger(world, Confirmed(world), line => [line, line with { Id = "ch_2", ChargeId = "ch_2" }]));
        yield return new(
            "a refund without its key", Findings.DoubleRefund,
            world => Ledger(world, Refunded(world), line => line.Kind == "refund" ? [line, line with { Id = "re_2" }] : [line]));
        yield return new("a success that was none", Findings.CaptureMissing, world => Ledger(world, Confirmed(world), _ => []));
        yield return new("the refund is omitted", Findings.MoneyKept, world => Ledger(world, Refunded(world), line => line.Kind == "refund" ? [] : [line]));
        yield return new("a late payment is kept", Findings.MoneyKept, world => world with { Ledger = [.. world.Ledger, Captured(world, Cancelled(world))] });
        yield return new(
            "a confirmed order's money goes back", Findings.MoneyGivenAway,
            world => Ledger(world, Confirmed(world), line => [line, line with { Kind = "refund", Id = "re_1" }]));
        yield return new(
            "a refund without a capture", Findings.MoneyGivenAway,
            world => world with { Ledger = [.. world.Ledger, Captured(world, Cancelled(world)) with { Kind = "refund" }] });
        yield return new("another amount is charged", Findings.AmountDiffers, world => Ledger(world, Confirmed(world), line => [line with { Amount = line.Amount + 1 }]));
        yield return new(
            "a charge for an order nobody accepted", Findings.MoneyOfNobody,
            world => world with { Ledger = [.. world.Ledger, Captured(world, Confirmed(world)) with { OrderId = "nobody" }] });
        yield return new("voided and confirmed", Findings.PaymentDiffers, world => Payments(world, Confirmed(world), payment => payment with { Status = "Voided" }));
        yield return new(
            "cancelled and still to be paid", Findings.PaymentDiffers,
            world => Payments(world, world.Payments.First(payment => payment.Status == "Failed").OrderId, payment => payment with { Status = "Pending" }));
        yield return new("a refund in the document alone", Findings.PaymentOwing, world => Payments(world, Refunded(world), payment => payment with { RefundOwed = true }));
        yield return new("an event that is never published", Findings.PaymentOwing, world => Payments(world, Confirmed(world), payment => payment with { Unpublished = 1 }));
    }

    private static IEnumerable<Corruption> OfNotices()
    {
        yield return new("an event is lost", Findings.NoteMissing, world => Notes(world, Confirmed(world), _ => []));
        yield return new("no inbox deduplicates", Findings.NoteTwice, world => Notes(world, Confirmed(world), note => [note, note with { Id = "again" }]));
        yield return new(
            "a cancellation is told of a confirmed order", Findings.NoteWrong,
            world => Notes(world, Confirmed(world), note => [note, note with { Kind = "order-cancelled" }]));
        yield return new("somebody else is told", Findings.NoteWrong, world => Notes(world, Confirmed(world), note => [note, note with { User = "shopper-999" }]));
        yield return new("a refund is told to nobody", Findings.NoteMissing, world => Notes(world, Refunded(world), note => note.Kind == "payment-refunded" ? [] : [note]));
        yield return new("a list lacks an order", Findings.ListMissing, world => Lists(world, Confirmed(world), _ => []));
        yield return new("a list has an order twice", Findings.ListTwice, world => Lists(world, Confirmed(world), entry => [entry, entry]));
        yield return new("a list has a stranger's order", Findings.ListOfNobody, world => Lists(world, Confirmed(world), entry => [entry, entry with { User = "shopper-999" }]));
    }

    private static IEnumerable<Corruption> OfDeadLetters()
    {
        yield return new(
            "a consumer refuses an event of the shop", Findings.DeadLetter,
            world => Letter(world, new DeadLetter("letter-1", "orders-to-notification", $"{Confirmed(world)}:confirmed", "com.daprshop.order.confirmed.v1", "DROP")));
        yield return new(
            "a consumer refuses an event of the shop beside poison", Findings.DeadLetter,
            world => Letter(Poisoned(world), new DeadLetter("letter-1", "payments-to-order", "another", "com.daprshop.payment.refunded.v1", null)));
        yield return new("the sidecar wraps what the shop published", Findings.DeadLetter, world => Letter(world, Poisonous with { EventType = "com.dapr.event.sent" }));
        yield return new("an unreadable message vanishes", Findings.DeadLetterMissing, Poisoned);
        yield return new(
            "an unreadable message is kept for another consumer", Findings.DeadLetterMissing,
            world => Letter(Poisoned(world), Poisonous with { Subscription = "orders-to-order" }));
        yield return new("a dead letter is acknowledged before it is listed", Findings.DeadLetterUnlisted, world => Poisoned(world) with { DeadLetters = [Poisonous] });
        yield return new(
            "a dead letter is listed before it is kept", Findings.DeadLetterForgotten,
            world => world with { DeadLetterLists = [new DeadLetterEntry("orders-to-notification", "letter-1")] });
    }

    private static DeadLetter Poisonous { get; } = new("letter-1", "orders-to-notification", "poison-1", "com.daprshop.order.confirmed.v1", "no order id");

    private static World Poisoned(World world) => world with { Poison = [new Poison("poison-1", ["orders-to-notification"])] };

    private static World Letter(World world, DeadLetter letter) => world with
    {
        DeadLetters = [letter],
        DeadLetterLists = [new DeadLetterEntry(letter.Subscription, letter.Id)],
    };

    /// <summary>A paid order of one line, so that one bucket has all of it.</summary>
    private static string Confirmed(World world) => Simple(world, "Confirmed");

    private static string Refunded(World world) => Simple(world, "Refunded");

    private static string Cancelled(World world) => Simple(world, "Cancelled");

    private static string Simple(World world, string status) => world.Records.First(
        order => order.Lines.Count == 1 && world.States.Single(state => state.OrderId == order.OrderId).Status == status).OrderId;

    private static OrderRecord[] Without(IReadOnlyList<OrderRecord> orders, string id) => [.. orders.Where(order => order.OrderId != id)];

    private static World Forget(World world, string id) => world with { Logged = Without(world.Logged, id), Records = Without(world.Records, id) };

    private static World Invent(World world, string user)
    {
        var order = world.Records[0] with { OrderId = "invented", User = user };
        return world with { Logged = [.. world.Logged, order], Records = [.. world.Records, order] };
    }

    private static World State(World world, string id, Func<OrderFacts, OrderFacts> change, string? withoutAction = null) => world with
    {
        States = [.. world.States.Select(state => state.OrderId == id ? change(state) : state)],
        History = withoutAction is null ? world.History : Unasked(world, withoutAction, id).History,
    };

    private static World Records(World world, string id, Func<OrderRecord, OrderRecord> change) =>
        world with { Records = [.. world.Records.Select(order => order.OrderId == id ? change(order) : order)] };

    private static World Answered(World world, string id, Func<HistoryEvent, IReadOnlyList<HistoryEvent>> change) => world with
    {
        History = [.. world.History.SelectMany(call => call is { Action: Actions.Place, Phase: Phase.Ok } && call.OrderId == id ? change(call) : [call])],
    };

    private static World Unasked(World world, string action, string id) =>
        world with { History = [.. world.History.Where(call => call.Action != action || call.OrderId != id)] };

    private static World Asked(World world, string action, string id)
    {
        var invoke = Later(world, action, id, Phase.Invoke);
        return world with { History = [.. world.History, invoke, invoke with { Phase = Phase.Ok, AtMs = invoke.AtMs + 1 }] };
    }

    private static World Read(World world, string id, params ReadOnlySpan<(Phase Phase, long? Version)> answers)
    {
        var history = world.History.ToList();
        foreach (var (phase, version) in answers)
        {
            var invoke = Later(world with { History = history }, Actions.Read, id, Phase.Invoke);
            history.AddRange([invoke, invoke with { Phase = phase, Version = version, AtMs = invoke.AtMs + 1 }]);
        }

        return world with { History = history };
    }

    private static HistoryEvent Later(World world, string action, string id, Phase phase) =>
        new(world.History.Max(call => call.Call) + 1, world.History.Max(call => call.AtMs) + 10, "operator-1", action, action == Actions.Read ? id : "planted", phase, OrderId: id);

    private static HistoryEvent[] Restock(World world)
    {
        var invoke = Later(world, Actions.Restock, "", Phase.Invoke) with { OrderId = null, Lines = [new Line(world.Offers[0].Sku, 7)] };
        return [invoke, invoke with { Phase = Phase.Ok }];
    }

    /// <param name="change">The bucket, and how many units of it the order has.</param>
    private static World Bucket(World world, string id, Func<StockBucket, long, StockBucket> change) => world with
    {
        Stock =
        [
            .. world.Stock.Select(bucket =>
                bucket.Batches.SelectMany(batch => batch.Entries).FirstOrDefault(entry => entry.Kind == "reserved" && entry.Id == id) is { } reserved
                    ? change(bucket, reserved.Units)
                    : bucket),
        ],
    };

    /// <summary>Changes entries of the order's reservation, and those of no reservation.</summary>
    private static World Log(World world, string id, Func<StockChange, IReadOnlyList<StockChange>> change) => Bucket(
        world,
        id,
        (bucket, _) => bucket with
        {
            Batches =
            [
                .. bucket.Batches.Select(batch => batch with
                {
                    Entries = [.. batch.Entries.SelectMany(entry => entry.Id == id || entry.Id is null ? change(entry) : [entry])],
                }),
            ],
        });

    private static World Restocked(World world) => world with
    {
        Stock =
        [
            .. world.Stock.Select(bucket => bucket with
            {
                Batches =
                [
                    .. bucket.Batches.Select(batch => batch with
                    {
                        Entries = [.. batch.Entries.SelectMany(entry => entry.Kind == "restocked" ? new[] { entry, entry } : [entry])],
                    }),
                ],
            }),
        ],
    };

    private static World Ledger(World world, string id, Func<LedgerLine, IReadOnlyList<LedgerLine>> change) =>
        world with { Ledger = [.. world.Ledger.SelectMany(line => line.OrderId == id ? change(line) : [line])] };

    private static LedgerLine Captured(World world, string id) =>
        new("capture", "ch_late", "ch_late", id, world.Records.Single(order => order.OrderId == id).Total, "CNY");

    private static World Payments(World world, string id, Func<PaymentFacts, PaymentFacts> change) =>
        world with { Payments = [.. world.Payments.Select(payment => payment.OrderId == id ? change(payment) : payment)] };

    private static World Notes(World world, string id, Func<Note, IReadOnlyList<Note>> change) =>
        world with { Notes = [.. world.Notes.SelectMany(note => note.OrderId == id ? change(note) : [note])] };

    private static World Lists(World world, string id, Func<ListedOrder, IReadOnlyList<ListedOrder>> change) =>
        world with { Listed = [.. world.Listed.SelectMany(entry => entry.OrderId == id ? change(entry) : [entry])] };
}
