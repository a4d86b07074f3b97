using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DaprShop.Contracts;
using DaprShop.Contracts.Events;
using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Orders;
using DaprShop.Contracts.Payments;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Json;
using DaprShop.Tests.Simulation.Engine;
using DaprShop.Tests.Simulation.Platform;

namespace DaprShop.Tests.Simulation.Bugs;

/// <summary>All that the checker is tested with.</summary>
internal static partial class PlantedBugs
{
    private const string Provider = "provider";

    public static IReadOnlyList<PlantedBug> All { get; } =
    [
        // Commits.
        WithoutEtag("stock is swapped without its ETag", Bucket()),
        WithoutEtag("an order's state is swapped without its ETag", State()),
        WithoutEtag("a payment is swapped without its ETag", Payment()),
        WithoutEtag("an inbox is swapped without its ETag", Inbox()),
        WithoutEtag("a list of orders is swapped without its ETag", UserList()),
        NotWritten("an order is acknowledged before its log is written", OrderLog(), within: 400),
        NotWritten("a batch of stock is never written to the log", StockLog()),
        NotWritten("a cancellation is acknowledged and not written", Cancel(), within: 600),
        NotSwapped("an order's record is acknowledged and not written", Record()),
        new()
        {
            Name = "an accepted order is not found",
            OnRequest = (_, to, request) => to == AppIds.Order && request.Method == "GET" && request.Path.StartsWith("/api/v1/orders/", StringComparison.Ordinal)
                ? new Detour(Answer: Response.Empty(404))
                : null,
        },
        Tampered("the counters of stock are off by one", Bucket(), document => document["available"] = (long)document["available"]! + 1),
        Tampered("an order is written with another total", Record(), document => document["total"]!["amount"] = (long)document["total"]!["amount"]! + 1),
        new() { Name = "an inbox takes a repeated event for another one", OnSwap = RenameNewestEntry },

        // Stock.
        Answered("an order is accepted without a reservation", AppIds.Inventory, "/internal/reservations/batch", ReservedAll),
        Answered("cancelled orders keep their units", AppIds.Inventory, "/internal/reservations/release", Changed(ReservationState.Released)),
        Answered("confirmed orders do not sell their units", AppIds.Inventory, "/internal/reservations/confirm", Changed(ReservationState.Confirmed)),
        Answered("refunded orders keep their units", AppIds.Inventory, "/internal/reservations/return", Changed(ReservationState.Returned)),
        Answered(
            "the sweep frees the units of living orders",
            AppIds.Order,
            "/internal/orders/ensure",
            _ => Response.Of(new EnsureOrderResult(EnsureOutcome.Finished)),
            within: 400),
        Answered("a restock is acknowledged and not made", AppIds.Inventory, "/restocks", _ => Response.Of(new { })),
        Redirected("the hold releases instead", AppIds.Inventory, "/internal/reservations/hold", "/internal/reservations/release"),
        new() { Name = "a repeated restock restocks again", OnRequest = FreshKey(AppIds.Inventory, "/restocks") },
        Rewritten<ReserveMany>("a reservation takes one unit less", AppIds.Inventory, "/internal/reservations/batch", (_, many) => OneLess(many)),

        new()
        {
            Name = "a sale is offered at another price",
            OnRequest = (_, to, request) => to == AppIds.Inventory && request.Path.StartsWith("/internal/sales/", StringComparison.Ordinal)
                ? new Detour(Misread: answer => answer is { Status: 200 } ? Response.Of(answer.Read<SaleOffer>() with { Price = new Money(1, "CNY") }) : answer)
                : null,
        },
        new() { Name = "units from another bucket are not counted", OnSwap = NothingReceived, Within = 100 },

        // Money.
        Answered("a payment is not closed", AppIds.Payment, "/internal/payments/close", Paid(PaymentStatus.Voided)),
        Answered("a refund is claimed and not made", AppIds.Payment, "/internal/payments/refund", Paid(PaymentStatus.Refunded)),
        Answered("a pending payment is taken for a failed one", AppIds.Payment, "/internal/payments/poll", Paid(PaymentStatus.Failed)),
        Answered("the provider's refund is booked before it is made", Provider, "/v1/refunds", _ => Response.Of(new RefundAnswer("re_0", "succeeded"))),
        new() { Name = "no answer to a charge is taken for a decline", OnRequest = DeclinedWithoutAnswer },
        Charged("a repeated charge has a key of its own", (world, charge) => charge with { IdempotencyKey = $"{charge.IdempotencyKey}:{world.Now}" }),
        Charged("another amount is charged", (_, charge) => charge with { Amount = charge.Amount + 1 }),
        Charged("another currency is charged", (_, charge) => charge with { Currency = "EUR" }),
        Rewritten<CreateRefund>("half of the money goes back", Provider, "/v1/refunds", (_, refund) => refund with { Amount = refund.Amount / 2 }),

        // Events.
        Lost("nobody is told of a sale", OrderConfirmed.Type),
        Lost("nobody is told of a cancellation", OrderCancelled.Type),
        Lost("nobody is told of a refunded order", OrderRefunded.Type),
        Lost("nobody is told that the money went back", PaymentRefunded.Type),

        // Sagas.
        new() { Name = "sagas are not started", DropsWorkflow = name => name == "OrderWorkflow" },
        new() { Name = "late money is not watched for", DropsWorkflow = name => name == "SettlementWorkflow", Within = 400 },
        new() { Name = "refunds are decided and not begun", DropsWorkflow = name => name == "RefundWorkflow" },
        Skipped("the saga skips the release", "CancelOrder", "true"),
        Skipped("the saga skips the sale", "ConfirmOrder", "true"),
        Skipped("the refund skips the money", "RefundOrder", "true"),
        Skipped("the refund skips the units", "ReturnUnits", "true"),
        Skipped("the refund skips its end", "EndRefund", "true"),
        Skipped("the saga skips the close", "ClosePayment", """{"paymentId":"","status":3,"cancelRequested":false}"""),
        new() { Name = "a repeated order is a new one", OnRequest = FreshKey(AppIds.Order, "/api/v1/orders") },
    ];

    private static PlantedBug WithoutEtag(string name, Regex keys) => new() { Name = name, IgnoresEtag = keys.IsMatch, Within = 1600 };

    private static PlantedBug NotWritten(string name, Regex keys, int within = PlantedBug.UsualWithin) =>
        new() { Name = name, OnWrite = (_, key, value) => keys.IsMatch(key) ? null : value, Within = within };

    private static PlantedBug NotSwapped(string name, Regex keys) => new() { Name = name, OnSwap = (_, key, value) => keys.IsMatch(key) ? null : value };

    private static PlantedBug Tampered(string name, Regex keys, Action<JsonNode> tamper) => new()
    {
        Name = name,
        OnSwap = (_, key, value) => keys.IsMatch(key) ? Edit(value, tamper) : value,
    };

    private static PlantedBug Answered(string name, string app, string path, Func<Request, Response> answer, int within = PlantedBug.UsualWithin) => new()
    {
        Name = name,
        OnRequest = (_, to, request) => Is(to, app, request, path) ? new Detour(Answer: answer(request)) : null,
        Within = within,
    };

    private static PlantedBug Redirected(string name, string app, string path, string instead) => new()
    {
        Name = name,
        OnRequest = (_, to, request) => Is(to, app, request, path) ? new Detour(request with { Path = instead }) : null,
    };

    private static PlantedBug Rewritten<T>(string name, string app, string path, Func<World, T, T> change) => new()
    {
        Name = name,
        OnRequest = (world, to, request) => Is(to, app, request, path)
            ? new Detour(request with { Body = JsonSerializer.SerializeToUtf8Bytes(change(world, request.Read<T>()), ShopJson.Documents) })
            : null,
    };

    private static PlantedBug Charged(string name, Func<World, CreateCharge, CreateCharge> change) => Rewritten(name, Provider, "/v1/charges", change);

    private static PlantedBug Lost(string name, string eventType) => new() { Name = name, CopiesOf = (type, _) => type == eventType ? 0 : null };

    private static PlantedBug Skipped(string name, string activity, string result) =>
        new() { Name = name, InsteadOfActivity = asked => asked == activity ? result : null };

    private static bool Is(string to, string app, Request request, string path) =>
        to == app && request.Method == "POST" && request.Path.EndsWith(path, StringComparison.Ordinal);

    private static byte[] Edit(byte[] value, Action<JsonNode> tamper)
    {
        var stored = JsonNode.Parse(value)!;
        tamper(stored["document"]!);
        return JsonSerializer.SerializeToUtf8Bytes(stored);
    }

    /// <summary>The units of a pull that the log tells of are not in the counters.</summary>
    private static byte[] NothingReceived(World world, string key, byte[] value) =>
        Bucket().IsMatch(key)
            ? Edit(value, document =>
            {
                document["available"] = (long)document["available"]! - (long)document["received"]!;
                document["received"] = 0;
            })
            : value;

    private static byte[] RenameNewestEntry(World world, string key, byte[] value) => Inbox().IsMatch(key)
        ? Edit(value, document => document["entries"]!.AsArray()[^1]!["id"] = world.Now.ToString(CultureInfo.InvariantCulture))
        : value;

    private static Func<World, string, Request, Detour?> FreshKey(string app, string path) => (world, to, request) =>
        Is(to, app, request, path)
            ? new Detour(request with
            {
                Headers = new Dictionary<string, string>(request.Headers!)
                {
                    [ShopHeaders.IdempotencyKey] = world.Now.ToString(CultureInfo.InvariantCulture),
                },
            })
            : null;

    private static Detour? DeclinedWithoutAnswer(World world, string to, Request request) =>
        Is(to, Provider, request, "/v1/charges") ? new Detour(Misread: answer => answer ?? Response.Empty(400)) : null;

    private static Response ReservedAll(Request request) => Response.Of(new ReserveManyResult(
        [.. request.Read<ReserveMany>().Commands.Select(_ => new ReserveResult(ReserveOutcome.Reserved, Order: null, Replayed: false, Available: 1))]));

    private static ReserveMany OneLess(ReserveMany many) =>
        new([.. many.Commands.Select(command => command with { Quantity = Math.Max(1, command.Quantity - 1) })]);

    private static Func<Request, Response> Changed(ReservationState state) => _ => Response.Of(new ChangeReservationResult(Done: true, state));

    private static Func<Request, Response> Paid(PaymentStatus status) => _ => Response.Of(new PaymentResult("pay_0", status, Reason: null));

    [GeneratedRegex(@"\Astock/SKU-\d+/\d+\z")]
    private static partial Regex Bucket();

    [GeneratedRegex(@"\Astock/SKU-\d+/\d+/log/\d+\z")]
    private static partial Regex StockLog();

    [GeneratedRegex(@"\Aorder/[-0-9a-f]{36}\z")]
    private static partial Regex Record();

    [GeneratedRegex(@"\Aorder/[-0-9a-f]{36}/state\z")]
    private static partial Regex State();

    [GeneratedRegex(@"\Aorder/[-0-9a-f]{36}/cancel\z")]
    private static partial Regex Cancel();

    [GeneratedRegex(@"\Aorder/log/")]
    private static partial Regex OrderLog();

    [GeneratedRegex(@"\Apayment/")]
    private static partial Regex Payment();

    [GeneratedRegex(@"\Ainbox/")]
    private static partial Regex Inbox();

    [GeneratedRegex(@"\Auserorders/.*/head\z")]
    private static partial Regex UserList();
}
