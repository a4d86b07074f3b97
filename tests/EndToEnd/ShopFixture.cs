using System.Globalization;
using System.Text.Json;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>One running shop for all scenarios that harm no process. Times are short; products are told apart by SKU.</summary>
public sealed class ShopFixture : IAsyncLifetime
{
    /// <summary>Short enough to wait for, and several times what the slowest token takes: a busy machine must not cancel what is to be confirmed.</summary>
    public static readonly TimeSpan PaymentWindow = TimeSpan.FromSeconds(20);
    private static int _fresh;

    public RunningShop Shop { get; private set; } = null!;

    public string Gateway => Shop.Gateway;

    public ShopClient Operator { get; private set; } = null!;

    /// <summary>Services with short times, as every end-to-end suite runs them.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> ShortTimes(TimeSpan window) =>
        new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["order"] = new Dictionary<string, string>
            {
                ["Payment__Window"] = window.ToString("c", CultureInfo.InvariantCulture),
                // Longer than an order may stand still on a busy machine: that is no drift.
                ["Reconciliation__Patience"] = "00:01:00",
            },
            ["provider"] = new Dictionary<string, string>
            {
                ["Provider__LateAfter"] = (window + TimeSpan.FromSeconds(3)).ToString("c", CultureInfo.InvariantCulture),
            },
            // A buyer repeats an order that got no answer. Whoever is slow to accept it, or to come back, is no reason to give its units away meanwhile.
            ["inventory"] = new Dictionary<string, string> { ["Sweep__AskAfter"] = "00:00:05", ["Sweep__OrphanAfter"] = "00:00:40" },
        };

    public async Task InitializeAsync()
    {
        Shop = await RunningShop.StartAsync(ShortTimes(PaymentWindow));
        Operator = await ShopClient.SignInAsync(Gateway, "operator-1");
    }

    public async Task DisposeAsync()
    {
        Operator.Dispose();
        await Shop.DisposeAsync();
    }

    /// <summary>A customer nobody else in this run is.</summary>
    public Task<ShopClient> NewShopperAsync() =>
        ShopClient.SignInAsync(Gateway, string.Create(CultureInfo.InvariantCulture, $"shopper-{1000 + Interlocked.Increment(ref _fresh)}"));

    /// <summary>What the provider's own record says of an order, such as <c>capture 2500</c>, in its order.</summary>
    public async Task<IReadOnlyList<string>> LedgerAsync(string orderId)
    {
        using var http = new HttpClient();
        using var ledger = JsonDocument.Parse(await http.GetStringAsync(new Uri($"{Shop.Provider}/v1/ledger")));
        return
        [
            .. ledger.RootElement.GetProperty("items").EnumerateArray()
                .Where(entry => entry.GetProperty("reference").GetString() == orderId)
                .Select(entry => $"{entry.GetProperty("kind").GetString()} {entry.GetProperty("amount").GetInt64()}"),
        ];
    }

    /// <summary>How many charges of an order the provider has taken on, whatever became of them.</summary>
    public async Task<int> ChargesAsync(string orderId)
    {
        using var http = new HttpClient();
        using var charges = JsonDocument.Parse(await http.GetStringAsync(new Uri($"{Shop.Provider}/v1/charges?reference={orderId}")));
        return charges.RootElement.GetProperty("items").GetArrayLength();
    }

    /// <summary>A product of its own with so many units, so that a scenario's stock can be counted.</summary>
    public async Task<string> NewProductAsync(int units)
    {
        var sku = string.Create(CultureInfo.InvariantCulture, $"E2E-{Interlocked.Increment(ref _fresh)}");
        // An attempt whose answer was lost may have made it: the next one is told that it is there.
        var product = await ShopClient.StubbornlyAsync(() => Operator.PutAsync(
            $"/api/v1/products/{sku}",
            new { name = $"Test product {sku}", brand = "Test", category = "test", price = new { amount = 1250, currency = "CNY" }, description = "For one scenario." }));
        Assert.True((int)product.Status is 200 or 201 or 412, product.Body);
        var stock = await ShopClient.StubbornlyAsync(() => Operator.PutAsync($"/api/v1/stock/{sku}", new { initial = units }));
        Assert.True((int)stock.Status is 201 or 409, stock.Body);
        return sku;
    }
}

[CollectionDefinition(Name)]
public sealed class SharedShop : ICollectionFixture<ShopFixture>
{
    public const string Name = "shop";
}
