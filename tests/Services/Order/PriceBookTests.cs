using System.Net;
using System.Text.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Catalog;
using DaprShop.Order.Placing;
using DaprShop.ServiceDefaults.Json;
using DaprShop.TestKit;

namespace DaprShop.Tests.Services.Order;

public sealed class PriceBookTests
{
    private readonly ManualClock _clock = new();
    private readonly Dictionary<string, long> _prices = new() { ["SKU-1"] = 100, ["SKU-2"] = 200 };
    private readonly StubHttp _catalog;
    private readonly PriceBook _book;
    private Func<object?>? _insteadOfPrices;

    public PriceBookTests()
    {
        _catalog = new StubHttp((_, body) => _insteadOfPrices is { } other ? other() : List(body));
        _book = SampleOrders.PricesOf(_catalog, _clock);
    }

    [Fact]
    public async Task Find_CatalogueAnswers_IsItsWordEachTime()
    {
        var before = await FindAsync("SKU-1");
        _prices["SKU-1"] = 150;
        var after = await FindAsync("SKU-1");
        _prices.Remove("SKU-1");
        var gone = await FindAsync("SKU-1");

        Assert.Equal((100L, null), (Amount(before, "SKU-1"), before.AsOf));
        Assert.Equal((150L, null), (Amount(after, "SKU-1"), after.AsOf));
        Assert.Equal((null, false), (gone.Find("SKU-1"), gone.IsUnknown("SKU-1")));
    }

    [Fact]
    public async Task Find_CatalogueFails_IsWhatItNamedLastAndSaysOfWhen()
    {
        await FindAsync("SKU-1");
        var named = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromMinutes(5));
        await FindAsync("SKU-2");
        _clock.Advance(TimeSpan.FromMinutes(5));
        _insteadOfPrices = () => null;

        var found = await FindAsync("SKU-1", "SKU-2", "SKU-3");

        Assert.Equal((100L, 200L, named), (Amount(found, "SKU-1"), Amount(found, "SKU-2"), found.AsOf));
        Assert.Equal((false, true), (found.IsUnknown("SKU-2"), found.IsUnknown("SKU-3")));
    }

    [Fact]
    public async Task Find_CatalogueFails_NothingOlderThanAllowedAndNothingUnknown()
    {
        await FindAsync("SKU-1");
        _clock.Advance(TimeSpan.FromMinutes(15));
        _insteadOfPrices = () => HttpStatusCode.BadGateway;

        await Assert.ThrowsAsync<HttpRequestException>(() => FindAsync("SKU-1"));
        await Assert.ThrowsAsync<HttpRequestException>(() => FindAsync("SKU-2"));
    }

    [Fact]
    public async Task Find_ProductIsGone_IsNotSoldOnceTheCatalogueFails()
    {
        await FindAsync("SKU-1", "SKU-2");
        _prices.Remove("SKU-1");
        await FindAsync("SKU-1", "SKU-2");
        _insteadOfPrices = () => null;

        var found = await FindAsync("SKU-1", "SKU-2");

        Assert.Equal((true, 200L), (found.IsUnknown("SKU-1"), Amount(found, "SKU-2")));
    }

    [Fact]
    public async Task Find_CatalogueFails_IsLeftAloneForASecondAndThenAskedAgain()
    {
        await FindAsync("SKU-1");
        _insteadOfPrices = () => null;
        await FindAsync("SKU-1");
        await FindAsync("SKU-1");
        var asked = _catalog.Requests.Count;
        _insteadOfPrices = null;
        _prices["SKU-1"] = 150;
        _clock.Advance(TimeSpan.FromSeconds(1));

        var found = await FindAsync("SKU-1");

        Assert.Equal(2, asked);
        Assert.Equal((150L, null), (Amount(found, "SKU-1"), found.AsOf));
    }

    [Fact]
    public async Task Find_CatalogueHangs_HoldsUpKnownPricesForASecond()
    {
        await FindAsync("SKU-1");
        _insteadOfPrices = () => new TaskCompletionSource<object?>().Task;

        var finding = FindAsync("SKU-1");
        await Eventually.True(() => _clock.PendingTimers == 1);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(100L, Amount(await finding.WaitAsync(TimeSpan.FromSeconds(60)), "SKU-1"));
    }

    [Fact]
    public async Task Find_CallerGivesUp_IsNoFaultOfTheCatalogue()
    {
        await FindAsync("SKU-1");
        _insteadOfPrices = () => new TaskCompletionSource<object?>().Task;
        using var givesUp = new CancellationTokenSource();

        var finding = _book.FindAsync(["SKU-1"], givesUp.Token);
        await givesUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => finding);
    }

    private Task<NamedPrices> FindAsync(params string[] skus) => _book.FindAsync(skus, CancellationToken.None);

    private static long? Amount(NamedPrices prices, string sku) => prices.Find(sku)?.Amount;

    private PriceList List(string body) => new([.. JsonSerializer.Deserialize<PriceQuery>(body, ShopJson.Documents)!.Skus
        .Where(_prices.ContainsKey)
        .Select(sku => new ProductPrice(sku, new Money(_prices[sku], "CNY")))]);
}
