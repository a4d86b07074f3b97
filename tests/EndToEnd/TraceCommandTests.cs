using System.Text.RegularExpressions;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>The launcher takes the traces in by itself, and <c>trace</c> shows an order's whole life.</summary>
[Trait("Set", "any")]
public sealed partial class TraceCommandTests
{
    private static readonly string[] Services = ["catalog", "gateway", "inventory", "notification", "order", "payment", "provider"];

    private static readonly (string Who, string What)[] Hops =
    [
        ("order", "POST /api/v1/orders"), ("order", "accept order"), ("catalog", "POST /internal/products/prices"), ("inventory", "POST /internal/reservations/batch"),
        ("order", "take in order"), ("order", "activity TakeHold"), ("order", "activity RequestCharge"), ("provider", "POST /v1/charges"),
        ("provider", "send webhook"), ("gateway", "POST /webhooks/provider"), ("payment", "POST /webhooks/provider"), ("order sidecar", "pubsub/payments"),
        ("order", "activity ConfirmOrder"), ("notification", "add to inbox"),
    ];

    [Fact]
    public async Task Trace_OfAnOrder_ShowsEveryHopWithoutOrphans()
    {
        await using var shop = await RunningShop.StartAsync(ShopFixture.ShortTimes(ShopFixture.PaymentWindow), stack: "embedded", receiver: true);
        using var shopper = await ShopClient.SignInAsync(shop.Gateway, "shopper-1");
        var id = (await shopper.PlaceStubbornlyAsync("k", "tok_async", ("SKU-1001", 1))).Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(id, "Confirmed");

        // Spans are sent about a second after they end, each service's and sidecar's by themselves.
        var (_, text) = await Eventually.Get(
            () => LauncherRun.ToEndAsync(shop.Folder, "trace", id, "-f", shop.TopologyFile),
            printed => !Hops.Except(Rows(printed.Output)).Any() && printed.Output.Contains(" 0 orphans, ", StringComparison.Ordinal),
            TimeSpan.FromSeconds(60));

        var rows = Rows(text);
        Assert.Contains($"   instance {id}", text, StringComparison.Ordinal);
        Assert.Equal(("gateway", "POST /api/v1/orders"), rows[0]);
        Assert.Equal(Services, rows.Select(row => row.Who).Where(who => !who.EndsWith(" sidecar", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal));
        Assert.Matches($@"\n{rows.Count} spans, 7 services, 0 orphans, [0-9.]+ ms$", text);
        Assert.Empty(shop.ErrorLogs());
    }

    private static List<(string Who, string What)> Rows(string text) =>
        [.. text.Split('\n').Select(line => Row().Match(line)).Where(row => row.Success).Select(row => (row.Groups["who"].Value, row.Groups["what"].Value))];

    // Indentation, who, two spaces, what, and then the two numbers.
    [GeneratedRegex(@"^(! )? *(?<who>[a-z]+( sidecar)?)  (?<what>.+?) +[0-9.]+ +[0-9.]+ ")]
    private static partial Regex Row();
}
