using System.Net;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.BadInput;

/// <summary>The sandbox stands for a real provider: what it refuses moves no money.</summary>
[Collection(SharedShop.Name)]
public sealed class ProviderInputTests(ShopFixture shop)
{
    [Theory]
    [InlineData("{}", "idempotencyKey", "amount", "currency", "source", "reference")]
    [InlineData("{", "$")]
    [InlineData("""{"idempotencyKey":"","amount":1,"currency":"CNY","source":"tok_ok","reference":"r"}""", "idempotencyKey")]
    [InlineData("""{"idempotencyKey":"k","amount":0,"currency":"CNY","source":"tok_ok","reference":"r"}""", "amount")]
    [InlineData("""{"idempotencyKey":"k","amount":-1,"currency":"CNY","source":"tok_ok","reference":"r"}""", "amount")]
    [InlineData("""{"idempotencyKey":"k","amount":1.5,"currency":"CNY","source":"tok_ok","reference":"r"}""", "amount")]
    [InlineData("""{"idempotencyKey":"k","amount":"1","currency":"CNY","source":"tok_ok","reference":"r"}""", "amount")]
    [InlineData("""{"idempotencyKey":"k","amount":1,"currency":"yuan","source":"tok_ok","reference":"r"}""", "currency")]
    [InlineData("""{"idempotencyKey":"k","amount":1,"currency":"CNY","source":"tok_nonsense","reference":"r"}""", "source")]
    [InlineData("""{"idempotencyKey":"k","amount":1,"currency":"CNY","source":"tok_ok","reference":""}""", "reference")]
    [InlineData("""{"idempotencyKey":"k","amount":1,"currency":"CNY","source":"tok_ok","reference":"r","capture":false}""", "capture")]
    public Task Charge_OfTheWrongForm_IsNamed(string body, params string[] members) => RefusesAsync("/v1/charges", body, members);

    [Theory]
    [InlineData("{}", "idempotencyKey", "chargeId", "amount")]
    [InlineData("""{"idempotencyKey":"","chargeId":"ch_x","amount":1}""", "idempotencyKey")]
    [InlineData("""{"idempotencyKey":"k","chargeId":null,"amount":1}""", "chargeId")]
    [InlineData("""{"idempotencyKey":"k","chargeId":"ch_x","amount":0}""", "amount")]
    public Task Refund_OfTheWrongForm_IsNamed(string body, params string[] members) => RefusesAsync("/v1/refunds", body, members);

    [Fact]
    public async Task Refund_OfNoCharge_DoesNotExist()
    {
        using var merchant = ShopClient.Anonymous(shop.Shop.Provider);

        Refusal.Is(await merchant.PostAsync("/v1/refunds", new { idempotencyKey = "none", chargeId = "ch_none", amount = 1 }), 404, "not-found", "/v1/refunds");
    }

    [Theory]
    [InlineData("""{"nonsense":0.1}""", "nonsense")]
    [InlineData("""{"declined":1.1}""", "declined", "$")]
    [InlineData("""{"declined":-0.1}""", "declined")]
    [InlineData("""{"declined":"0.1"}""", "declined")]
    [InlineData("""{"declined":0.6,"slow":0.6}""", "$")]
    [InlineData("[]", "$")]
    public async Task Faults_OfTheWrongForm_ChangeNothing(string body, params string[] members)
    {
        using var merchant = ShopClient.Anonymous(shop.Shop.Provider);

        var answer = await merchant.SendAsync(HttpMethod.Put, "/v1/faults", Bodies.Json(body));

        Refusal.Is(answer, 400, "validation", "/v1/faults", members);
        Assert.Equal("{}", (await merchant.GetAsync("/v1/faults")).Body);
    }

    [Fact]
    public async Task Charges_OfNoReference_NameIt()
    {
        using var merchant = ShopClient.Anonymous(shop.Shop.Provider);

        var answer = await merchant.GetAsync("/v1/charges");

        Refusal.Is(answer, 400, "validation", "/v1/charges", "reference");
        Assert.Equal((HttpStatusCode.OK, """{"items":[]}"""), await OkAsync(merchant, "/v1/charges?reference=nobody"));
    }

    private static async Task<(HttpStatusCode Status, string Body)> OkAsync(ShopClient client, string path)
    {
        var answer = await client.GetAsync(path);
        return (answer.Status, answer.Body);
    }

    private async Task RefusesAsync(string path, string body, string[] members)
    {
        using var merchant = ShopClient.Anonymous(shop.Shop.Provider);

        var answer = await merchant.PostTextAsync(path, body);

        Refusal.Is(answer, 400, "validation", path, members);

        // Late captures of other scenarios may come in meanwhile; they name orders, these rows name "r" at most.
        var ledger = (await merchant.GetAsync("/v1/ledger")).Json.GetProperty("items").EnumerateArray();
        Assert.All(ledger, entry => Assert.True(Guid.TryParse(entry.GetProperty("reference").GetString(), out _), $"{entry}"));
    }
}
