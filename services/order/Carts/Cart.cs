namespace DaprShop.Order.Carts;

// Public, as everything that the actor's interface names: the official SDK makes proxies in an assembly of its own.

/// <summary>A customer's cart, as the actor keeps it.</summary>
/// <param name="Checkouts">The newest few, so that a repeat of one means the same lines.</param>
/// <param name="HasReminder">Whether a reminder will look for abandonment.</param>
public sealed record Cart(
    long Version, IReadOnlyList<CartLine> Lines, DateTimeOffset? ChangedAt, IReadOnlyList<CartCheckout> Checkouts, bool HasReminder)
{
    public static Cart Empty { get; } = new(0, [], null, [], HasReminder: false);
}

/// <param name="SetAt">The cart's version with which it got this quantity.</param>
public sealed record CartLine(string Sku, int Quantity, long SetAt);

/// <summary>The lines that an order was or is being made of.</summary>
/// <param name="Version">Of the cart then; what was set later is not part of it.</param>
/// <param name="IsSettled">True when the order exists and its lines are out of the cart.</param>
public sealed record CartCheckout(string OrderId, IReadOnlyList<CartLine> Lines, long Version, bool IsSettled);

/// <param name="Checkout">Null: there is nothing in the cart.</param>
/// <param name="IsNew">False: this order was begun before, and how that ended is for the caller to find out.</param>
public sealed record BegunCheckout(CartCheckout? Checkout, bool IsNew);

/// <param name="IsFull">True: the line would have been one too many, and nothing changed.</param>
public sealed record CartChange(Cart Cart, bool IsFull);
