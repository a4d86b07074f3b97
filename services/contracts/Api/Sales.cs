namespace DaprShop.Contracts.Api;

/// <param name="Id">Chosen by the operator: small letters, digits and hyphens.</param>
/// <param name="Quantity">Units the sale draws from the stock of the product.</param>
/// <param name="PerUserLimit">Units that one user may buy in it.</param>
/// <param name="Strategy">As of stock; <c>group-commit</c> by default.</param>
/// <param name="Buckets">As of stock; 1 by default.</param>
public sealed record CreateSale(
    string Id,
    string Sku,
    Money Price,
    int Quantity,
    int PerUserLimit,
    DateTimeOffset StartsAt,
    DateTimeOffset EndsAt,
    string? Strategy = null,
    int? Buckets = null);

/// <param name="Status"><c>Scheduled</c>, <c>Open</c>, <c>SoldOut</c> or <c>Ended</c>, by the server's clock.</param>
/// <param name="Allotted">Units drawn from the stock of the product so far; all of <paramref name="Quantity"/> once the sale is warm.</param>
/// <param name="Remaining">Units that may still be bought.</param>
public sealed record SaleView(
    string Id,
    string Sku,
    Money Price,
    long Quantity,
    int PerUserLimit,
    DateTimeOffset StartsAt,
    DateTimeOffset EndsAt,
    string Status,
    long Allotted,
    long Remaining,
    DateTimeOffset ServerTime);

public sealed record PlaceSaleOrder(int Quantity, PaymentSource Payment);
