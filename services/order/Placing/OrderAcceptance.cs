using DaprShop.Contracts;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.Order.Saga;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using Microsoft.Extensions.Options;

namespace DaprShop.Order.Placing;

/// <summary>
/// The way from a valid request to an accepted order: its stock is reserved and it is durable. A fault on the way means that both are
/// unknown, and the same id says later which it was.
/// </summary>
internal sealed class OrderAcceptance(
    OrderBatches batches,
    OrderStore orders,
    PriceBook priceBook,
    OrderReservation reservation,
    OrderLog log,
    OrderTails tails,
    OutcomePublisher outcomes,
    IOptions<IntakeOptions> options,
    TimeProvider clock)
{
    public async Task<AcceptanceOutcome> AcceptAsync(OrderDraft draft, CancellationToken cancellationToken)
    {
        if (tails.Find(draft.OrderId) is { } placed)
        {
            return AcceptanceOutcome.Repeated(placed, draft.BodyHash);
        }

        if (!log.CanAccept)
        {
            throw new DependencyUnavailableException("order log (no slot is held yet)");
        }

        var isBehind = tails.Count >= options.Value.MaxBacklog;
        if (isBehind || outcomes.Untold >= options.Value.MaxUntold)
        {
            // A repeat adds nothing to the backlog: it gets its answer.
            return await orders.FindAcceptedAsync(draft.OrderId, cancellationToken) is { } known
                ? AcceptanceOutcome.Repeated(known, draft.BodyHash)
                : isBehind ? AcceptanceOutcome.Overloaded("accepted orders") : throw new DependencyUnavailableException("message broker");
        }

        return draft.Items.Count == 1
            ? await batches.AcceptAsync(draft)
            : await AcceptSeveralAsync(draft, cancellationToken);
    }

    public static IResult Answer(HttpContext context, AcceptanceOutcome outcome)
    {
        if (outcome.Order is not { } order)
        {
            if (outcome.SoldOutPool is { } pool)
            {
                context.Response.Headers[ShopHeaders.SoldOut] = pool;
            }

            return outcome.Refusal!;
        }

        if (outcome.Replayed)
        {
            context.Response.Headers[ShopHeaders.IdempotencyReplayed] = "true";
        }

        // A repeat must get the answer that was lost.
        return new AcceptedOrder(order);
    }

    /// <summary>An order over several SKUs lies in several stock documents: the slow path, by way of its intent.</summary>
    private async Task<AcceptanceOutcome> AcceptSeveralAsync(OrderDraft draft, CancellationToken cancellationToken)
    {
        if (await orders.FindAcceptedAsync(draft.OrderId, cancellationToken) is { } known)
        {
            return AcceptanceOutcome.Repeated(known, draft.BodyHash);
        }

        var errors = new ValidationErrors();
        var prices = await priceBook.FindAsync([.. draft.Items.Select(line => line.Sku)], cancellationToken);
        if (draft.Items.Any(line => prices.IsUnknown(line.Sku)))
        {
            throw new DependencyUnavailableException(AppIds.Catalog);
        }

        if (OrderPricing.Price(draft, prices, clock.GetUtcNow(), errors) is not { } priced)
        {
            return AcceptanceOutcome.Invalid(errors);
        }

        var asked = clock.GetTimestamp();
        var reserved = await reservation.ReserveAsync(priced, cancellationToken);
        if (reserved.Order is not { } order)
        {
            return reserved.Sku is { } sku ? AcceptanceOutcome.NotReserved(reserved.Outcome, sku) : AcceptanceOutcome.KeyReused();
        }

        await log.AppendInTimeAsync([order.Encode()], asked, cancellationToken);
        return AcceptanceOutcome.Accepted(order, reserved.Replayed);
    }
}
