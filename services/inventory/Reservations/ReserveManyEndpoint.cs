using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Inventory.Reservations;

/// <summary>Takes units for a batch of order lines; the order service's first step. One line that fails says so and fails no other.</summary>
internal static partial class ReserveManyEndpoint
{
    /// <summary>A batch of 512 orders over one line has about a quarter of it.</summary>
    private const int MaxBodyBytes = 2 * 1024 * 1024;

    public static void MapReserveMany(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/internal/reservations/batch", HandleAsync).LimitBody(MaxBodyBytes);

    internal static async Task<ReserveManyResult> HandleAsync(
        ReserveManyBody body, StockPools pools, ILogger<ReserveMany> logger, CancellationToken cancellationToken) =>
        new(await Task.WhenAll(body.Commands.Select(command => ReserveAsync(command, pools, logger, cancellationToken))));

    private static async Task<ReserveResult> ReserveAsync(
        Reserve command, StockPools pools, ILogger<ReserveMany> logger, CancellationToken cancellationToken)
    {
        try
        {
            var name = command.Order.SaleId is { } sale ? StockPoolNames.OfSale(sale) : command.Sku;
            return await pools.FindAsync(name, cancellationToken) is { } pool
                ? await pool.ReserveAsync(command, cancellationToken)
                : Nothing(ReserveOutcome.UnknownSku);
        }
        catch (OverloadedException)
        {
            return Nothing(ReserveOutcome.Overloaded);
        }
        catch (DependencyUnavailableException failure)
        {
            LogUnavailable(logger, failure, command.ReservationId);
            return Nothing(ReserveOutcome.Unavailable);
        }
    }

    private static ReserveResult Nothing(ReserveOutcome outcome) => new(outcome, Order: null, Replayed: false, Available: 0);

    [LoggerMessage(LogLevel.Warning, "Reservation {ReservationId} is unknown; its caller was told to repeat it")]
    private static partial void LogUnavailable(ILogger logger, Exception failure, string reservationId);
}
