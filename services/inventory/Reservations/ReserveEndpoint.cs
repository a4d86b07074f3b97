using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Inventory.Reservations;

/// <summary>Takes units for one order line; the order service's first step.</summary>
internal static partial class ReserveEndpoint
{
    public static void MapReserve(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/internal/reservations", HandleAsync);

    internal static async Task<ReserveResult> HandleAsync(
        Tolerant<Reserve> body, StockBuckets buckets, ILogger<Reserve> logger, CancellationToken cancellationToken)
    {
        var command = body.Body;
        var result = await buckets.Of(command.Sku).DecideAsync(
            (stock, now) => StockDecisions.Reserve(stock, command, now), cancellationToken);
        if (result is { Outcome: ReserveOutcome.Reserved, Replayed: false })
        {
            LogReserved(logger, command.Quantity, command.Sku, command.Order.OrderId);
        }

        return result;
    }

    [LoggerMessage(LogLevel.Information, "Reserved {Quantity} of {Sku} for order {OrderId}")]
    private static partial void LogReserved(ILogger logger, int quantity, string sku, string orderId);
}
