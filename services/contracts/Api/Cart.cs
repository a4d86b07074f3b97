namespace DaprShop.Contracts.Api;

/// <param name="Version">Goes up with every change.</param>
/// <param name="ChangedAt">When something was last put in or taken out; null for a cart that was never used.</param>
public sealed record CartView(IReadOnlyList<CartItem> Items, long Version, DateTimeOffset? ChangedAt);

public sealed record CartItem(string Sku, int Quantity);

/// <param name="Quantity">How many there are to be, not how many more.</param>
public sealed record PutCartItem(int Quantity);

public sealed record CheckoutCart(PaymentSource Payment);
