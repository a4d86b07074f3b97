using System.Globalization;
using System.Net;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>A shop that sends mail, and a mail server of the test.</summary>
public sealed class MailTests : IAsyncLifetime
{
    private readonly ScriptedSmtp _server = new();
    private RunningShop _shop = null!;
    private ShopClient _shopper = null!;

    public async Task InitializeAsync()
    {
        _shop = await RunningShop.StartAsync(
            new Dictionary<string, IReadOnlyDictionary<string, string>>
            {
                ["notification"] = new Dictionary<string, string> { ["Mail__Domain"] = "shop.example" },
            },
            addresses: new Dictionary<string, string> { ["\"1025\""] = string.Create(CultureInfo.InvariantCulture, $"\"{_server.Port}\"") });
        _shopper = await ShopClient.SignInAsync(_shop.Gateway, "shopper-1");
    }

    public async Task DisposeAsync()
    {
        _shopper.Dispose();
        await _shop.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Notification_OfAConfirmedOrder_IsMailedOnceTheServerTakesIt()
    {
        _server.Refuses = "MAIL";
        var placed = await _shopper.PlaceStubbornlyAsync("k", "tok_ok", ("SKU-1001", 1));
        Assert.Equal(HttpStatusCode.Accepted, placed.Status);
        var id = placed.Json.GetProperty("id").GetString()!;

        // The server is no use, and the customer notices nothing but that no mail comes.
        await _shopper.FollowAsync(id, "Confirmed");
        await Eventually.Get(async () => (await _shopper.ReadAsync("/api/v1/notifications")).Body, inbox => inbox.Contains(id, StringComparison.Ordinal));
        await Eventually.True(() => _server.Refusals > 0);
        Assert.Empty(_server.Letters);

        _server.Refuses = null;
        await Eventually.True(() => _server.Letters.Count > 0);
        var letter = _server.Letters[0];

        Assert.Contains("To: shopper-1@shop.example", letter, StringComparison.Ordinal);
        Assert.Contains("Subject: Order confirmed", letter, StringComparison.Ordinal);
        Assert.Contains(id, letter, StringComparison.Ordinal);
        Assert.Empty(_shop.ErrorLogs());
        Assert.DoesNotContain(_shop.AppLog("notification"), line => line.Contains("shop.example", StringComparison.Ordinal));
    }
}
