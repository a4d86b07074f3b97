using System.Diagnostics;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Order.Placing;

/// <summary>
/// Accepts an order: 202 means that its stock is reserved and that it is durable. Refusals create nothing. The order's id follows
/// from the user and the key, so a repeat can only ever name the same order.
/// </summary>
internal static class PlaceOrderEndpoint
{
    public const string Route = "/api/v1/orders";

    public static void MapPlaceOrder(this IEndpointRouteBuilder routes) =>
        routes.MapPost(Route, HandleAsync).CountsRefusals();

    internal static async Task<IResult> HandleAsync(
        PlaceOrder request,
        ShopCaller caller,
        HttpContext context,
        OrderAcceptance acceptance,
        CancellationToken cancellationToken)
    {
        if (!IdempotencyKey.TryRead(context.Request, out var key, out var refusal))
        {
            return refusal;
        }

        return OrderAcceptance.Answer(context, await PlaceAsync(request, caller, key, Activity.Current?.Id, acceptance, cancellationToken));
    }

    /// <summary>However the request came in.</summary>
    internal static async Task<AcceptanceOutcome> PlaceAsync(
        PlaceOrder request, ShopCaller caller, string key, string? traceParent, OrderAcceptance acceptance, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        PlaceOrderRequests.Validate(request, errors);
        if (errors.Any)
        {
            return AcceptanceOutcome.Invalid(errors);
        }

        var draft = new OrderDraft(
            DerivedIds.Order(caller.UserId, Route, key),
            caller.UserId,
            RequestHash.Of(request),
            request.Items,
            request.Payment.Source,
            traceParent);
        return await acceptance.AcceptAsync(draft, cancellationToken);
    }
}
