using System.Text;

namespace DaprShop.Tests.Gateway;

/// <summary>What the gateway does with the body that it looks at before it refuses: anything but a plain order goes on as it came.</summary>
public sealed class SoldOutBodyTests : IAsyncLifetime
{
    private EdgeGateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await EdgeGateway.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData("""{"items":[{"sku":"SKU-1001","quantity":0}],"payment":{"source":"tok_ok"}}""")]
    [InlineData("""{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"tok_ok"},"note":1}""")]
    [InlineData("""{"items":[{"sku":"SKU-1001","quantity":1},{"sku":"SKU-1002","quantity":1}],"payment":{"source":"tok_ok"}}""")]
    [InlineData("""{"items":[{"sku":"SKU-1002","quantity":1}],"payment":{"source":"tok_ok"}}""")]
    [InlineData(" { \"items\":[")]
    [InlineData("")]
    public async Task Place_AnythingButAnOrderOfThatSku_IsForwardedByteForByte(string body)
    {
        await _gateway.WarmAsync();

        await _gateway.PlaceAsync("shopper-2", body: body);

        Assert.Equal(2, _gateway.Placed.Count());
        Assert.Equal(body, _gateway.Placed.Last().Body);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("k\u007f")]
    public async Task Place_WithoutAProperKey_IsTheServicesToRefuse(string? key)
    {
        await _gateway.WarmAsync();

        await _gateway.PlaceAsync("shopper-2", key);

        Assert.Equal(2, _gateway.Placed.Count());
    }

    [Fact]
    public async Task Place_InAnotherCharacterSet_IsTheServicesToRead()
    {
        await _gateway.WarmAsync();

        await SendAsync(new ByteArrayContent(Encoding.UTF8.GetBytes(EdgeGateway.Body)), "application/json; charset=utf-16", chunked: false);

        Assert.Equal(2, _gateway.Placed.Count());
        Assert.Equal("application/json; charset=utf-16", _gateway.Placed.Last().Headers["Content-Type"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Place_LongBodyThatIsForwarded_ArrivesWhole(bool chunked)
    {
        await _gateway.WarmAsync();
        var body = EdgeGateway.Body.Replace("SKU-1001", "SKU-1002", StringComparison.Ordinal) + new string(' ', 60_000) + "\n";

        await SendAsync(new StringContent(body), "application/json", chunked);

        Assert.Equal(body, _gateway.Placed.Last().Body);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Place_LongBodyThatIsRefused_LeavesTheConnectionUsable(bool chunked)
    {
        await _gateway.WarmAsync();
        var body = EdgeGateway.Body + new string(' ', 60_000);

        for (var n = 0; n < 3; n++)
        {
            Assert.Equal("sold-out", await (await SendAsync(new StringContent(body), "application/json", chunked)).ProblemAsync());
        }

        Assert.Single(_gateway.Placed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Place_BodyOverTheLimit_Is413(bool chunked)
    {
        await _gateway.WarmAsync();

        var answer = await SendAsync(new StringContent(EdgeGateway.Body + new string(' ', 65 * 1024)), "application/json", chunked);

        Assert.Equal("payload-too-large", await answer.ProblemAsync());
    }

    [Fact]
    public async Task Place_WithoutAToken_IsStill401()
    {
        await _gateway.WarmAsync();

        Assert.Equal("unauthenticated", await (await _gateway.AnonymousAsync(HttpMethod.Post, EdgeGateway.Orders, EdgeGateway.Body)).ProblemAsync());
    }

    [Fact]
    public async Task Checkout_OfACart_IsAlwaysForwarded()
    {
        await _gateway.WarmAsync();

        await _gateway.PlaceAsync("shopper-2", path: "/api/v1/cart/checkout");

        Assert.Contains(_gateway.Sidecar.Invocations, call => call.Path.EndsWith("/api/v1/cart/checkout", StringComparison.Ordinal));
    }

    private async Task<HttpResponseMessage> SendAsync(HttpContent content, string contentType, bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, EdgeGateway.Orders) { Content = content };
        request.Content.Headers.Remove("Content-Type");
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {await _gateway.TokenAsync("shopper-2")}");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", "k-1");
        return await _gateway.Client.SendAsync(request);
    }
}
