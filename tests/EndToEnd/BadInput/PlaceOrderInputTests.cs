using System.Globalization;
using System.Net;
using System.Text;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.BadInput;

/// <summary>Nothing that is refused reserves a unit or leaves an order.</summary>
[Collection(SharedShop.Name)]
public sealed class PlaceOrderInputTests(ShopFixture shop)
{
    private const string Route = "/api/v1/orders";
    private const string Payment = """{"source":"tok_ok"}""";

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1000")]
    [InlineData("2147483648")]
    [InlineData("9223372036854775808")]
    [InlineData("1.5")]
    [InlineData("1.0")]
    [InlineData("1e309")]
    [InlineData("\"1\"")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("[1]")]
    [InlineData("{}")]
    public Task Quantity_OutOfRange_IsNamed(string quantity) =>
        RefusesAsync(sku => $$"""{"items":[{"sku":"{{sku}}","quantity":{{quantity}}}],"payment":{{Payment}}}""", "items[0].quantity");

    [Theory]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("\"\"")]
    [InlineData("\"sku-1001\"")]
    [InlineData("\"SKU-1001 \"")]
    [InlineData("\"SKU-1001\\n\"")]
    [InlineData("\"../orders\"")]
    [InlineData("\"SKU||1001\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456\"")]
    [InlineData("\"NO-SUCH-SKU\"")]
    public Task Sku_UnknownOrImpossible_IsNamed(string sku) =>
        RefusesAsync(_ => $$"""{"items":[{"sku":{{sku}},"quantity":1}],"payment":{{Payment}}}""", "items[0].sku");

    [Theory]
    [InlineData("null", "items")]
    [InlineData("[]", "items")]
    [InlineData("{}", "items")]
    [InlineData("\"SKU-1001\"", "items")]
    [InlineData("[null]", "items[0]")]
    [InlineData("[1]", "items[0]")]
    [InlineData("""[{"sku":"SKU-1001"}]""", "items[0].quantity")]
    [InlineData("""[{"quantity":1}]""", "items[0].sku")]
    [InlineData("""[{"sku":"SKU-1001","quantity":1,"unitPrice":1}]""", "items[0].unitPrice")]
    [InlineData("""[{"sku":"SKU-1001","quantity":1,"quantity":2}]""", "items[0].quantity")]
    [InlineData("""[{"sku":"SKU-1001","quantity":1},{"sku":"SKU-1001","quantity":1}]""", "items[1].sku")]
    public Task Items_OfTheWrongForm_AreNamed(string items, string member) =>
        RefusesAsync(_ => $$"""{"items":{{items}},"payment":{{Payment}}}""", member);

    [Theory]
    [InlineData("null", "payment")]
    [InlineData("{}", "payment.source")]
    [InlineData("""{"source":null}""", "payment.source")]
    [InlineData("""{"source":1}""", "payment.source")]
    [InlineData("""{"source":""}""", "payment.source")]
    [InlineData("""{"source":"tok ok"}""", "payment.source")]
    [InlineData("""{"source":"tok_ok","cvc":"123"}""", "payment.cvc")]
    public Task Payment_OfTheWrongForm_IsNamed(string payment, string member) =>
        RefusesAsync(sku => $$"""{"items":[{"sku":"{{sku}}","quantity":1}],"payment":{{payment}}}""", member);

    [Fact]
    public Task Items_AndPaymentMissing_AreBothNamed() => RefusesAsync(_ => "{}", "items", "payment");

    [Fact]
    public Task Items_GivenTwice_AreNamed() =>
        RefusesAsync(sku => $$"""{"items":[{"sku":"{{sku}}","quantity":1}],"payment":{{Payment}},"items":[]}""", "items");

    [Fact]
    public Task Order_FollowedByAnother_IsRefused() => RefusesAsync(sku => $"{Valid(sku)} {Valid(sku)}", "$");

    [Fact]
    public Task Lines_FiftyOne_AreNamed() => RefusesAsync(
        sku =>
        {
            var others = Enumerable.Range(1, 50).Select(n => string.Create(CultureInfo.InvariantCulture, $$""",{"sku":"SKU-{{n}}","quantity":1}"""));
            return $$"""{"items":[{"sku":"{{sku}}","quantity":1}{{string.Concat(others)}}],"payment":{{Payment}}}""";
        },
        "items");

    [Theory]
    [InlineData(null, "idempotency-key-missing")]
    [InlineData("", "idempotency-key-missing")]
    [InlineData("clé", "validation")]
    [InlineData("键", "validation")]
    [InlineData("a\u007F", "validation")]
    [InlineData("a\tb", "validation")]
    public async Task Key_MissingOrNotAscii_IsRefused(string? key, string problem)
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(5);

        var answer = await shopper.PostTextAsync(Route, Valid(sku), key is null ? [] : [("Idempotency-Key", key)]);

        Refusal.Is(answer, 400, problem, Route, problem == "validation" ? ["Idempotency-Key"] : []);
        await NothingHappenedAsync(shopper, sku);
    }

    /// <summary>A header of bytes that are no UTF-8 is the client's mistake like any other, not a request that breaks off.</summary>
    [Fact]
    public async Task Key_OfAnotherEncoding_IsRefused()
    {
        using var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1 };
        using var http = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{shop.Gateway}{Route}") { Content = Bodies.Json(Valid("SKU-1001")) };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {new HandmadeToken()}");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", "cl\u00e9");

        using var answer = await http.SendAsync(request);

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Contains("\"Idempotency-Key\":[", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_OfTwoHundredFiftySix_IsRefusedAndOneLessIsTaken()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(5);

        var refused = await shopper.PostTextAsync(Route, Valid(sku), ("Idempotency-Key", new string('k', 256)));
        var taken = await ShopClient.StubbornlyAsync(() => shopper.PostTextAsync(Route, Valid(sku), ("Idempotency-Key", new string('~', 255))));

        Refusal.Is(refused, 400, "validation", Route, "Idempotency-Key");
        Assert.Equal(HttpStatusCode.Accepted, taken.Status);
        Assert.Equal(4, (await shopper.StockAsync(sku)).Available);
    }

    [Fact]
    public async Task Source_TheProviderDoesNotKnow_CancelsAndGivesTheStockBack()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(5);

        var id = (await shopper.PlaceStubbornlyAsync("k", "tok_of_another_world", (sku, 2))).Json.GetProperty("id").GetString()!;
        var order = await shopper.FollowAsync(id, "Cancelled");

        Assert.Equal("payment-declined", order.GetProperty("cancelReason").GetString());
        Assert.Equal(new Stock(5, 0, 5, 0, 0), await shopper.StockAsync(sku));
    }

    private static string Valid(string sku) => $$"""{"items":[{"sku":"{{sku}}","quantity":1}],"payment":{{Payment}}}""";

    private async Task RefusesAsync(Func<string, string> body, params string[] members)
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(5);

        var answer = await shopper.PostTextAsync(Route, body(sku), ("Idempotency-Key", "k"));

        Refusal.Is(answer, 400, "validation", Route, members);
        await NothingHappenedAsync(shopper, sku);
    }

    private static async Task NothingHappenedAsync(ShopClient shopper, string sku)
    {
        Assert.Equal(new Stock(5, 0, 5, 0, 0), await shopper.StockAsync(sku));
        Assert.Equal(0, (await shopper.ReadAsync(Route)).Json.GetProperty("items").GetArrayLength());
    }
}
