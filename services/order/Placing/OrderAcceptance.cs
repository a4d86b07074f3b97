using System.Diagnostics;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.Order.Placing;

/// <param name="Order">The order as decided first; null when it is refused.</param>
/// <param name="Replayed">True: another request had it accepted before.</param>
/// <param name="Refusal">Null when there is an order.</param>
/// <param name="IsSoldOut">True: refused by the stock, so there is no order under this id.</param>
internal sealed record AcceptanceOutcome(OrderContent? Order, bool Replayed, ProblemHttpResult? Refusal, bool IsSoldOut = false);

/// <summary>
/// The way from a valid request to an accepted order: its stock is reserved and it is durable. A fault on the way means that both are
/// unknown, and the same id says later which it was.
/// </summary>
internal sealed partial class OrderAcceptance(
    OrderPricing pricing, OrderReservation reservation, OrderLog log, OrderTails tails, TimeProvider clock, ILogger<OrderAcceptance> logger)
{
    /// <summary>Accepted orders that may wait for their sagas; beyond it new ones are turned away (429).</summary>
    private const int MaxBacklog = 5000;

    /// <summary>No 202 later than this after the reservation: the backstop may be judging it by then.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);

    public async Task<AcceptanceOutcome> AcceptAsync(
        string orderId, string userId, string bodyHash, PlaceOrder request, CancellationToken cancellationToken)
    {
        if (!log.CanAccept)
        {
            throw new DependencyUnavailableException("order log (no slot is held yet)");
        }

        if (tails.Count >= MaxBacklog)
        {
            return Refused(Problems.Overloaded("Too many accepted orders wait for their turn: repeat with the same key."));
        }

        var errors = new ValidationErrors();
        if (await pricing.PriceAsync(orderId, request, errors, cancellationToken) is not { } priced)
        {
            errors.TryGetProblem(out var invalid);
            return Refused(invalid!);
        }

        var content = new OrderContent(
            orderId, userId, bodyHash, priced.Lines, priced.Total, request.Payment.Source, clock.GetUtcNow(), Activity.Current?.Id);
        var asked = clock.GetTimestamp();
        var reserved = await reservation.ReserveAsync(content, cancellationToken);
        switch (reserved.Outcome)
        {
            case ReserveOutcome.KeyReused:
                return Refused(KeyReused());
            case ReserveOutcome.SoldOut or ReserveOutcome.UnknownSku:
                return Refused(SoldOut(reserved.Sku)) with { IsSoldOut = true };
        }

        var order = reserved.Order!;
        await log.AppendAsync(order).WaitAsync(AnswerLimit, clock, cancellationToken);
        if (clock.GetElapsedTime(asked) > AnswerLimit)
        {
            throw new DependencyUnavailableException("order log (too slow to promise anything)");
        }

        LogAccepted(logger, order.OrderId, order.Lines.Count, order.Total.Amount);
        return new AcceptanceOutcome(order, reserved.Replayed, Refusal: null);
    }

    /// <summary>The answer to a request under a key that names an order already.</summary>
    public static IResult Repeat(HttpContext context, OrderContent known, string bodyHash) =>
        known.BodyHash == bodyHash ? Accepted(context, known, replayed: true) : KeyReused();

    public static IResult Accepted(HttpContext context, OrderContent order, bool replayed)
    {
        if (replayed)
        {
            context.Response.Headers[ShopHeaders.IdempotencyReplayed] = "true";
        }

        // The order as placed, whatever has become of it since: a repeat must get the answer that was lost.
        var view = OrderViews.Of(order, stored: null);
        ETags.Write(context.Response, view.Version);
        return TypedResults.Accepted(OrderViews.Path(order.OrderId), view);
    }

    private static AcceptanceOutcome Refused(ProblemHttpResult refusal) => new(Order: null, Replayed: false, refusal);

    private static ProblemHttpResult SoldOut(string? sku) => Problems.SoldOut(sku is not null
        ? $"There is not enough stock of {sku}. The same key may succeed later."
        : "The stock was given back before the order was complete. The same key may succeed later.");

    private static ProblemHttpResult KeyReused() =>
        Problems.IdempotencyKeyReused("This key already names an order with another body: use a fresh key for another order.");

    [LoggerMessage(LogLevel.Information, "Accepted order {OrderId} with {Lines} lines over {Total} minor units")]
    private static partial void LogAccepted(ILogger logger, string orderId, int lines, long total);
}
