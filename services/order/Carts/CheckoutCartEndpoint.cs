using System.Diagnostics;
using DaprShop.Contracts.Api;
using DaprShop.Order.Orders;
using DaprShop.Order.Placing;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Order.Carts;

/// <summary>
/// Makes an order of the cart. User and key name the order; the cart remembers which lines it was begun with, so a repeat cannot mean
/// others, and takes them out when the order exists. A crash in between is made up for by the repeat or by the next look at the cart.
/// </summary>
internal static class CheckoutCartEndpoint
{
    public const string Route = "/api/v1/cart/checkout";

    public static void MapCheckoutCart(this IEndpointRouteBuilder routes) => routes.MapPost(Route, HandleAsync).CountsRefusals();

    internal static async Task<IResult> HandleAsync(
        CheckoutCart request,
        ShopCaller caller,
        HttpContext context,
        CustomerCarts carts,
        OrderStore orders,
        OrderAcceptance acceptance,
        CancellationToken cancellationToken)
    {
        if (!IdempotencyKey.TryRead(context.Request, out var key, out var refusal))
        {
            return refusal;
        }

        var errors = new ValidationErrors();
        PlaceOrderRequests.Validate(request.Payment, errors);
        if (errors.TryGetProblem(out var invalid))
        {
            return invalid;
        }

        var orderId = DerivedIds.Order(caller.UserId, Route, key);
        var bodyHash = RequestHash.Of(request);

        // Takes out what became an order, this one included when this is a repeat.
        await carts.ReadAsync(caller.UserId, cancellationToken);
        if (await orders.FindAcceptedAsync(orderId, cancellationToken) is { } known)
        {
            return OrderAcceptance.Answer(context, AcceptanceOutcome.Repeated(known, bodyHash));
        }

        var cart = carts.Of(caller.UserId);
        var begun = await cart.BeginCheckoutAsync(orderId);
        if (begun.Checkout is not { } checkout)
        {
            return Problems.IllegalTransition("The cart is empty: put something in with PUT /api/v1/cart/items/{sku} first.");
        }

        var draft = new OrderDraft(
            orderId,
            caller.UserId,
            bodyHash,
            [.. checkout.Lines.Select(line => new PlaceOrderLine(line.Sku, line.Quantity))],
            request.Payment.Source,
            Activity.Current?.Id);
        var outcome = await acceptance.AcceptAsync(draft, cancellationToken);
        if (outcome.Order is not null)
        {
            await cart.SettleCheckoutAsync(checkout);
        }

        // Begun before, it may be an order that only this attempt could not see; sold out says for certain that there is none.
        else if (begun.IsNew || outcome.IsSoldOut)
        {
            await cart.DropCheckoutAsync(orderId);
        }

        return OrderAcceptance.Answer(context, outcome);
    }
}
