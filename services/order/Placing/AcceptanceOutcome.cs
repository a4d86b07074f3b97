using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.Order.Placing;

/// <param name="Order">The order as decided first; null when it is refused.</param>
/// <param name="Replayed">True: another request had it accepted before.</param>
/// <param name="Refusal">Null when there is an order.</param>
/// <param name="IsSoldOut">True: refused by the stock, so there is no order under this id.</param>
/// <param name="SoldOutPool">The stock that refused: a SKU, or a sale as <see cref="StockPoolNames"/> has it; null when that is not known or something else refused.</param>
internal sealed record AcceptanceOutcome(
    OrderContent? Order, bool Replayed, ProblemHttpResult? Refusal, bool IsSoldOut = false, string? SoldOutPool = null)
{
    public static AcceptanceOutcome Accepted(OrderContent order, bool replayed) => new(order, replayed, Refusal: null);

    /// <summary>The answer to a request under a key that names an order already.</summary>
    public static AcceptanceOutcome Repeated(OrderContent known, string bodyHash) =>
        known.BodyHash == bodyHash ? Accepted(known, replayed: true) : KeyReused();

    public static AcceptanceOutcome Refused(ProblemHttpResult refusal) => new(Order: null, Replayed: false, refusal);

    public static AcceptanceOutcome Invalid(ValidationErrors errors)
    {
        errors.TryGetProblem(out var problem);
        return Refused(problem!);
    }

    public static AcceptanceOutcome KeyReused() => Refused(Problems.IdempotencyKeyReused(
        "This key already names an order with another body: use a fresh key for another order."));

    /// <param name="outcome">What inventory said; neither reserved nor unknown.</param>
    /// <param name="pool">Which stock refused.</param>
    public static AcceptanceOutcome NotReserved(ReserveOutcome outcome, string pool) => outcome switch
    {
        ReserveOutcome.KeyReused => KeyReused(),
        ReserveOutcome.Overloaded => Overloaded("reservations"),
        ReserveOutcome.PurchaseLimitReached => Refused(Problems.PurchaseLimitReached("You have what one buyer may buy in this sale, or would have more.")),
        ReserveOutcome.SaleNotStarted => Refused(Problems.SaleNotStarted("Come back when the sale has started: the same key may succeed then.")),
        ReserveOutcome.SaleEnded => Refused(Problems.SaleEnded("This sale is over.")),
        _ => new AcceptanceOutcome(Order: null, Replayed: false, Problems.SoldOutOf(pool), IsSoldOut: true, pool),
    };

    public static AcceptanceOutcome Overloaded(string what) =>
        Refused(Problems.Overloaded($"Too many {what} wait for their turn: repeat with the same key."));
}
