using System.Text.Json;
using DaprShop.Contracts.Events;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Order.Saga;

/// <summary>
/// Money that came for a cancelled order went back: the order's own timeline says so too. The refund itself is payment's; this only
/// records it, so nothing but the picture depends on the event.
/// </summary>
internal static partial class LateRefundSubscriber
{
    public static void MapLateRefunds(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/events/payments-refunded", HandleAsync);

    internal static async Task<IResult> HandleAsync(
        HttpContext context, OrderStore orders, OrderAdvance advance, ILogger<OrderAdvance> logger, CancellationToken cancellationToken)
    {
        if (await ReadAsync(context.Request, cancellationToken) is not { } refund
            || await orders.FindAsync(refund.OrderId, cancellationToken) is not { } found)
        {
            LogPoison(logger);
            return Answer("DROP");
        }

        // The refund may overtake the saga's last step: then the order is not cancelled yet and the event comes again.
        if (found.State is not { } state || !OrderTable.IsTerminal(state.Status))
        {
            return Answer("RETRY");
        }

        if (state is { Status: OrderStatus.Cancelled, PaymentStatus: not "Refunded" })
        {
            await advance.AdvanceAsync(
                found.Order, OrderEvent.LatePaymentRefunded, new TransitionDetails(PaymentId: refund.PaymentId), cancellationToken);
        }

        return Answer("SUCCESS");
    }

    private static IResult Answer(string status) => TypedResults.Ok(new { status });

    private static async Task<PaymentRefunded?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var refund = await JsonSerializer.DeserializeAsync<PaymentRefunded>(request.Body, ShopJson.Documents, cancellationToken);
            return refund is { OrderId: not null, PaymentId: not null } ? refund : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "A refund event names no order of ours; it goes to the dead-letter topic")]
    private static partial void LogPoison(ILogger logger);
}
