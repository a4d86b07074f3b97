using System.Net.Http.Headers;
using System.Text.Json;

namespace DaprShop.Tests.EndToEnd;

[Collection(SharedShop.Name)]
public sealed class NotificationStreamTests(ShopFixture shop)
{
    [Fact]
    public async Task Stream_ThroughGatewayAndSidecars_BringsTheConfirmationWhileItIsOpen()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var shopper = await shop.NewShopperAsync();
        using var http = new HttpClient { BaseAddress = new Uri(shop.Gateway), Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/notifications/stream");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", shopper.Token);
        using var stream = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync(deadline.Token));
        Assert.Equal("text/event-stream", stream.Content.Headers.ContentType!.MediaType);
        Assert.Equal(": connected", await reader.ReadLineAsync(deadline.Token));

        var placed = await shopper.PlaceStubbornlyAsync("k", "tok_ok", (await shop.NewProductAsync(5), 1));
        string? data = null;
        while (data is null)
        {
            var line = await reader.ReadLineAsync(deadline.Token) ?? throw new InvalidOperationException("The stream ended.");
            data = line.StartsWith("data: ", StringComparison.Ordinal) ? line["data: ".Length..] : null;
        }

        using var note = JsonDocument.Parse(data);
        Assert.Equal("order-confirmed", note.RootElement.GetProperty("kind").GetString());
        Assert.Equal(placed.Json.GetProperty("id").GetString(), note.RootElement.GetProperty("orderId").GetString());
    }
}
