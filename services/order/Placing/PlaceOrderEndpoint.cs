using System.Diagnostics;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Order.Placing;

/// <summary>
/// Accepts an order: 202 means that its stock is reserved and that it is durable. Refusals create nothing. The order's id follows
/// from the user and the key, so a repeat can only ever name the same order.
/// </summary>
internal static partial class PlaceOrderEndpoint
{
    public const string Route = "/api/v1/orders";

    /// <summary>Accepted orders that may wait for their sagas; beyond it new ones are turned away (429).</summary>
    private const int MaxBacklog = 5000;

    /// <summary>No 202 later than this after the reservation: the backstop may be judging it by then.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);

    public static void MapPlaceOrder(this IEndpointRouteBuilder routes) =>
        routes.MapPost(Route, HandleAsync);

    internal static async Task<IResult> HandleAsync(
        PlaceOrder request,
        ShopCaller caller,
        HttpContext context,
        OrderStore orders,
        OrderPricing pricing,
        OrderReservation reservation,
        OrderLog log,
        OrderTails tails,
        TimeProvider clock,
        ILogger<PlaceOrder> logger,
        CancellationToken cancellationToken)
    {
        if (!IdempotencyKey.TryRead(context.Request, out var key, out var refusal))
        {
            return refusal;
        }

        var errors = new ValidationErrors();
        PlaceOrderRequests.Validate(request, errors);
        if (errors.TryGetProblem(out var invalid))
        {
            return invalid;
        }

        var orderId = DerivedIds.Order(caller.UserId, Route, key);
        var bodyHash = PlaceOrderRequests.Hash(request);
        if (await orders.FindAcceptedAsync(orderId, cancellationToken) is { } known)
        {
            return known.BodyHash == bodyHash ? Accepted(context, known, replayed: true) : KeyReused();
        }

        if (!log.CanAccept)
        {
            throw new DependencyUnavailableException("order log (no slot is held yet)");
        }

        if (tails.Count >= MaxBacklog)
        {
            return Problems.Overloaded("Too many accepted orders wait for their turn: repeat with the same key.");
        }

        if (await pricing.PriceAsync(orderId, request, errors, cancellationToken) is not { } priced)
        {
            errors.TryGetProblem(out invalid);
            return invalid!;
        }

        var content = new OrderContent(
            orderId, caller.UserId, bodyHash, priced.Lines, priced.Total, request.Payment.Source, clock.GetUtcNow(), Activity.Current?.Id);
        var asked = clock.GetTimestamp();
        var reserved = await reservation.ReserveAsync(content, cancellationToken);
        switch (reserved.Outcome)
        {
            case ReserveOutcome.KeyReused:
                return KeyReused();
            case ReserveOutcome.SoldOut or ReserveOutcome.UnknownSku:
                return Problems.SoldOut(reserved.Sku is { } sku
                    ? $"There is not enough stock of {sku}. The same key may succeed later."
                    : "The stock was given back before the order was complete. The same key may succeed later.");
        }

        var order = reserved.Order!;
        await log.AppendAsync(order).WaitAsync(AnswerLimit, clock, cancellationToken);
        if (clock.GetElapsedTime(asked) > AnswerLimit)
        {
            throw new DependencyUnavailableException("order log (too slow to promise anything)");
        }

        LogAccepted(logger, order.OrderId, order.Lines.Count, order.Total.Amount);
        return Accepted(context, order, reserved.Replayed);
    }

    private static IResult Accepted(HttpContext context, OrderContent order, bool replayed)
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

    private static IResult KeyReused() =>
        Problems.IdempotencyKeyReused("This key already names an order with another body: use a fresh key for another order.");

    [LoggerMessage(LogLevel.Information, "Accepted order {OrderId} with {Lines} lines over {Total} minor units")]
    private static partial void LogAccepted(ILogger logger, string orderId, int lines, long total);
}
