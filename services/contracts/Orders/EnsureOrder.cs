namespace DaprShop.Contracts.Orders;

/// <summary>
/// The backstop: <c>POST /internal/orders/ensure</c>. Inventory asks about a reservation that stayed tentative too long.
/// </summary>
public sealed record EnsureOrder(string OrderId, string ReservationId, string BodyHash);

/// <summary>
/// Started: the order exists and its saga runs. Waiting: it is accepted and its saga's turn comes. Finished: the order is terminal or belongs to another reservation, so the units go back.
/// Unknown: no such order yet; expiry may decide.
/// </summary>
public enum EnsureOutcome
{
    Started,
    Waiting,
    Finished,
    Unknown,
}

public sealed record EnsureOrderResult(EnsureOutcome Outcome);
