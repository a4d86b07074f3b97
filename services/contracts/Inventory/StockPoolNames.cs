namespace DaprShop.Contracts.Inventory;

/// <summary>What a stock is called between services: a SKU's by the SKU, a sale's by this. No SKU looks like it.</summary>
public static class StockPoolNames
{
    public static string OfSale(string saleId) => $"sale:{saleId}";
}
