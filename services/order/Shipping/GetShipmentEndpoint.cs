using DaprShop.Contracts.Api;
using DaprShop.Order.Orders;
using DaprShop.Order.Reading;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Shipping;

/// <summary><c>GET /api/v1/orders/{id}/shipment</c>: 404 until the order is confirmed and the event of it has come.</summary>
internal static class GetShipmentEndpoint
{
    public static void MapGetShipment(this IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/orders/{id}/shipment", GetAsync);

    private static async Task<IResult> GetAsync(
        string id, ShopCaller caller, OrderStore orders, DocumentStore documents, HttpContext context, CancellationToken cancellationToken)
    {
        if (await GetOrderEndpoints.FindAsync(id, caller, orders, cancellationToken) is null)
        {
            return GetOrderEndpoints.NotFound(id);
        }

        if (await documents.ReadAsync<ShipmentPlan>(ShipmentPlan.Key(id), cancellationToken) is not { } plan)
        {
            return Problems.NotFound($"Order {id} has no shipment; one is planned once the order is confirmed.");
        }

        ETags.Write(context.Response, plan.Version);
        return ETags.NotModified(context.Request, plan.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(new ShipmentView(plan.OrderId, plan.Status.ToString(), plan.PlannedAt, plan.ShipBy, plan.CancelledAt));
    }
}
