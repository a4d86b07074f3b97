using System.Diagnostics;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Order.Placing;

/// <summary>Places an order in a sale: as any other, but with the sale's units, at its price, in its time and under its limit.</summary>
internal static class PlaceSaleOrderEndpoint
{
    public static void MapPlaceSaleOrder(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/sales/{id}/orders", HandleAsync).CountsRefusals();

    internal static async Task<IResult> HandleAsync(
        string id,
        PlaceSaleOrder request,
        ShopCaller caller,
        HttpContext context,
        SaleOffers sales,
        OrderAcceptance acceptance,
        CancellationToken cancellationToken)
    {
        if (!IdempotencyKey.TryRead(context.Request, out var key, out var refusal))
        {
            return refusal;
        }

        return OrderAcceptance.Answer(context, await PlaceAsync(id, request, caller, key, Activity.Current?.Id, sales, acceptance, cancellationToken));
    }

    /// <summary>However the request came in.</summary>
    internal static async Task<AcceptanceOutcome> PlaceAsync(
        string id,
        PlaceSaleOrder request,
        ShopCaller caller,
        string key,
        string? traceParent,
        SaleOffers sales,
        OrderAcceptance acceptance,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        PlaceOrderRequests.RequireQuantity(request.Quantity, "quantity", errors);
        PlaceOrderRequests.Validate(request.Payment, errors);
        if (errors.Any)
        {
            return AcceptanceOutcome.Invalid(errors);
        }

        if (await sales.FindAsync(id, cancellationToken) is not { } offer)
        {
            return AcceptanceOutcome.Refused(Problems.NotFound($"There is no sale {id}."));
        }

        var draft = new OrderDraft(
            DerivedIds.Order(caller.UserId, $"/api/v1/sales/{id}/orders", key),
            caller.UserId,
            RequestHash.Of(request),
            [new PlaceOrderLine(offer.Sku, request.Quantity)],
            request.Payment.Source,
            traceParent,
            offer);
        return await acceptance.AcceptAsync(draft, cancellationToken);
    }
}
