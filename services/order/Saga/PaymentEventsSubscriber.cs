using System.Text.Json;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Order.Saga;

/// <summary>Any event about an order's payment wakes its saga if that may wait for it, which then asks payment itself: the event only says "look".</summary>
internal static partial class PaymentEventsSubscriber
{
    public static void MapPaymentEvents(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/events/payments", HandleAsync);

    internal static async Task<IResult> HandleAsync(
        HttpContext context, SagaWaker waker, AttendedPayments attended, ILogger<SagaWaker> logger, CancellationToken cancellationToken)
    {
        var payment = await ReadAsync(context.Request, cancellationToken);
        if (payment?.OrderId is null)
        {
            LogPoison(logger);
            return TypedResults.Ok(new { status = "DROP" });
        }

        if (!attended.Contains(payment.OrderId))
        {
            await waker.WakeAsync(payment.OrderId, cancellationToken);
        }

        return TypedResults.Ok();
    }

    private static async Task<AboutOrder?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<AboutOrder>(request.Body, ShopJson.Documents, cancellationToken);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "A payment event names no order; it goes to the dead-letter topic")]
    private static partial void LogPoison(ILogger logger);

    private sealed record AboutOrder(string? OrderId);
}
