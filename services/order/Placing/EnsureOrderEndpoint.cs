using System.Globalization;
using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Orders;
using DaprShop.Order.Orders;
using DaprShop.Order.Saga;
using DaprShop.ServiceDefaults.Json;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Placing;

/// <summary>
/// The backstop: inventory asks about a reservation that stayed tentative. Covers a crash between reservation and record, a paused owner and
/// a saga that never started, with no broker involved.
/// </summary>
internal static partial class EnsureOrderEndpoint
{
    public static void MapEnsureOrder(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/internal/orders/ensure", HandleAsync);

    internal static async Task<EnsureOrderResult> HandleAsync(
        Tolerant<EnsureOrder> command,
        OrderStore orders,
        OrderIntake intake,
        OrderReservation reservation,
        DocumentStore documents,
        ILogger<EnsureOrder> logger,
        CancellationToken cancellationToken)
    {
        var asked = command.Body;
        var found = await orders.FindAsync(asked.OrderId, cancellationToken);
        if (found is null && TryReadAttempt(asked, out var attempt))
        {
            // Several SKUs: the intent decides. An attempt nobody finished in all this time is given up, by the same swap that would have finished it.
            var intent = await documents.ReadAsync<OrderIntent>(OrderKeys.Intent(asked.OrderId), cancellationToken);
            if (intent is { Status: IntentStatus.Open } && intent.Attempt == attempt)
            {
                intent = await reservation.RefuseAsync(asked.OrderId, attempt, cancellationToken);
            }

            if (intent is not { Status: IntentStatus.Reserved } || intent.Attempt != attempt)
            {
                return Result(EnsureOutcome.Finished);
            }

            found = new FoundOrder(intent.Order, State: null);
        }

        if (found is null)
        {
            return Result(EnsureOutcome.Unknown);
        }

        var isOurs = found.Order.BodyHash == asked.BodyHash && found.Order.Lines.Any(line => line.ReservationId == asked.ReservationId);
        if (!isOurs || (found.State is { } state && OrderTable.IsTerminal(state.Status)))
        {
            return Result(EnsureOutcome.Finished);
        }

        LogEnsured(logger, asked.OrderId);
        await intake.TakeInAsync(found.Order, cancellationToken);
        return Result(EnsureOutcome.Started);
    }

    /// <summary>The attempt in <c>{orderId}:{attempt}:{sku}</c>; a lone order id has none.</summary>
    private static bool TryReadAttempt(EnsureOrder asked, out int attempt)
    {
        attempt = 0;
        var parts = asked.ReservationId.Split(':', 3);
        return parts.Length == 3 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out attempt);
    }

    private static EnsureOrderResult Result(EnsureOutcome outcome) => new(outcome);

    [LoggerMessage(LogLevel.Warning, "Order {OrderId} was accepted and had no saga for a while; it is started now")]
    private static partial void LogEnsured(ILogger logger, string orderId);
}
