using System.Net.Http.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Catalog;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Order.Clients;

/// <summary>The catalogue, by service invocation.</summary>
internal sealed class CatalogClient(HttpClient http)
{
    /// <returns>Prices by SKU; unknown SKUs are missing.</returns>
    public async Task<IReadOnlyDictionary<string, Money>> PricesAsync(IReadOnlyList<string> skus, CancellationToken cancellationToken)
    {
        using var answer = await http.PostAsJsonAsync("internal/products/prices", new PriceQuery(skus), ShopJson.Documents, cancellationToken);
        answer.EnsureSuccessStatusCode();
        var prices = await answer.Content.ReadFromJsonAsync<PriceList>(ShopJson.Documents, cancellationToken)
            ?? throw new DependencyUnavailableException("catalog answered nothing");
        return prices.Items.ToDictionary(item => item.Sku, item => item.Price, StringComparer.Ordinal);
    }
}
