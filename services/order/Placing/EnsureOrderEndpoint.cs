using System.Globalization;
using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Orders;
using DaprShop.Order.Log;
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
        OrderLog log,
        OrderTails tails,
        DocumentStore documents,
        ILogger<EnsureOrder> logger,
        CancellationToken cancellationToken)
    {
        var asked = command.Body;
        if (tails.Find(asked.OrderId) is not null)
        {
            return Result(EnsureOutcome.Waiting);
        }

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

            // Decided, and then nobody wrote it down: the order log is where every accepted order is.
            await log.AppendAsync([intent.Order.Encode()]).WaitAsync(cancellationToken);
            found = new FoundOrder(intent.Order, State: null);
        }

        if (found is null)
        {
            return Result(EnsureOutcome.Unknown);
        }

        if (found.State is { } state && OrderTable.IsTerminal(state.Status))
        {
            return Result(EnsureOutcome.Finished);
        }

        // Taken in before it is compared: only the record says which of two bodies under one key is the order.
        LogEnsured(logger, asked.OrderId);
        var record = await intake.TakeInAsync(found.Order, cancellationToken);
        var isOurs = record.BodyHash == asked.BodyHash && record.Lines.Any(line => line.ReservationId == asked.ReservationId);
        return Result(isOurs ? EnsureOutcome.Started : EnsureOutcome.Finished);
    }

    /// <summary>The attempt in <c>{orderId}:{attempt}:{sku}</c>; a lone order id has none.</summary>
    private static bool TryReadAttempt(EnsureOrder asked, out int attempt)
    {
        attempt = 0;
        var parts = asked.ReservationId.Split(':', 3);
        return parts.Length == 3 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out attempt);
    }

    private static EnsureOrderResult Result(EnsureOutcome outcome) => new(outcome);

    [LoggerMessage(LogLevel.Warning, "Order {OrderId} was accepted and its stock is not held yet; its saga is started unless it runs")]
    private static partial void LogEnsured(ILogger logger, string orderId);
}
