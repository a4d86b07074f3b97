namespace DaprShop.Contracts.Api;

public sealed record Product(
    string Sku, string Name, string Brand, string Category, Money Price, string Description, long Version);

public sealed record PutProduct(string Name, string Brand, string Category, Money Price, string Description);
