using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.BadInput;

/// <summary>The one route that anybody may post to: only the signature counts, and then only what makes sense.</summary>
[Collection(SharedShop.Name)]
public sealed class WebhookInputTests(ShopFixture shop)
{
    private const string Route = "/webhooks/provider";
    private const string Event = """{"id":"evt_e2e","type":"charge.succeeded","chargeId":"ch_e2e","reference":"no-such-order","amount":1,"currency":"CNY","createdAt":"2026-01-01T00:00:00Z"}""";

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"id":null,"type":"charge.succeeded"}""")]
    [InlineData("""{"id":"evt_e2e","type":"charge.succeeded","chargeId":"ch_e2e","reference":"x","amount":"1","currency":"CNY"}""")]
    public async Task Signed_ButNoEvent_IsRefused(string body)
    {
        Refusal.Is(await PostAsync(body, Sign(body, TimeSpan.Zero)), 400, "validation", Route, "$");
    }

    [Fact]
    public async Task Signed_LongAgo_IsRefused() =>
        Refusal.Is(await PostAsync(Event, Sign(Event, TimeSpan.FromSeconds(-400))), 400, "validation", Route, "Provider-Signature");

    [Fact]
    public async Task Signed_ForAnotherBody_IsRefused() =>
        Refusal.Is(await PostAsync(Event, Sign(Event + " ", TimeSpan.Zero)), 400, "validation", Route, "Provider-Signature");

    [Theory]
    [InlineData("")]
    [InlineData("é")]
    [InlineData("t=,v1=")]
    [InlineData("t=99999999999999999999,v1=00")]
    [InlineData("v1=00")]
    public async Task Signature_OfTheWrongForm_IsRefused(string signature) =>
        Refusal.Is(await PostAsync(Event, signature), 400, "validation", Route, "Provider-Signature");

    [Theory]
    [InlineData("charge.succeeded")]
    [InlineData("charge.failed")]
    [InlineData("refund.succeeded")]
    [InlineData("charge.of.another.version")]
    public async Task Signed_AboutNothingOfOurs_IsTakenWithoutEffect(string type)
    {
        var body = Event.Replace("charge.succeeded", type, StringComparison.Ordinal);

        var answer = await PostAsync(body, Sign(body, TimeSpan.Zero));

        Assert.Equal((HttpStatusCode.NoContent, ""), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task Body_OverTheLimit_IsTooLarge()
    {
        using var outsider = ShopClient.Anonymous(shop.Gateway);

        Refusal.Is(await outsider.SendAsync(HttpMethod.Post, Route, Bodies.OfSize(Bodies.Limit + 1)), 413, "payload-too-large", Route);
    }

    private static string Sign(string body, TimeSpan age)
    {
        var time = (TimeProvider.System.GetUtcNow() + age).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var key = Encoding.UTF8.GetBytes(HandmadeToken.DemoSecret("provider-webhook-secret"));
        return $"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{time}.{body}")))}";
    }

    private async Task<Answer> PostAsync(string body, string signature)
    {
        using var provider = ShopClient.Anonymous(shop.Gateway);
        return await provider.PostTextAsync(Route, body, ("Provider-Signature", signature));
    }
}
