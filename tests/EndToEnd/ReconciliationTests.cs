using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>The audit on the running shop: nothing while orders run, a planted drift when there is one.</summary>
[Collection(SharedShop.Name)]
public sealed class ReconciliationTests(ShopFixture shop)
{
    private const string Route = "/api/v1/ops/reconciliations";

    [Fact]
    public async Task Run_AmidRunningOrdersAndRefunds_ReportsNoneOfThem()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(100);
        string[] sources = ["tok_ok", "tok_async", "tok_declined", "tok_ok"];
        var ids = new List<string>();
        var runs = new List<JsonElement>();
        for (var round = 0; round < 4; round++)
        {
            var placed = await Task.WhenAll(sources.Select((source, n) => shopper.PlaceStubbornlyAsync($"k-{round}-{n}", source, (sku, 1))));
            ids.AddRange(placed.Select(answer => answer.Json.GetProperty("id").GetString()!));
            if (round == 1)
            {
                await shopper.FollowAsync(ids[0], "Confirmed");
                var refunded = await shop.Operator.RefundStubbornlyAsync(ids[0], "k");
                Assert.True(refunded.Status == HttpStatusCode.Accepted, refunded.Body);
            }

            runs.Add(await RunAsync());
        }

        var ours = runs.SelectMany(run => run.GetProperty("drifts").EnumerateArray()).Where(drift => ids.Contains(drift.GetProperty("orderId").GetString()!));
        Assert.Empty(ours.Select(drift => drift.ToString()));
        Assert.All(runs, run => Assert.Equal("operator", run.GetProperty("trigger").GetString()));
    }

    [Fact]
    public async Task Run_AfterAChargeThatTheShopDidNotMake_ReportsADoubleCapture()
    {
        using var shopper = await shop.NewShopperAsync();
        var id = (await shopper.PlaceStubbornlyAsync("k", "tok_ok", (await shop.NewProductAsync(5), 1))).Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(id, "Confirmed");
        using var http = new HttpClient();
        using var charged = await http.PostAsJsonAsync(
            new Uri($"{shop.Shop.Provider}/v1/charges"),
            new { idempotencyKey = $"{id}:planted", amount = 1250, currency = "CNY", source = "tok_ok", reference = id });
        charged.EnsureSuccessStatusCode();
        await Eventually.Get(() => shop.LedgerAsync(id), lines => lines.Count == 2);

        var run = await RunAsync();

        var drift = Assert.Single(
            run.GetProperty("drifts").EnumerateArray(), found => found.GetProperty("orderId").GetString() == id).ToString();
        Assert.Contains("\"double-capture\"", drift, StringComparison.Ordinal);
        Assert.Contains("\"repaired\":false", drift, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("cursor=x", "cursor")]
    public async Task List_BadInput_NamesTheMember(string query, string member)
    {
        var answer = await shop.Operator.GetAsync($"{Route}?{query}");

        Assert.Equal((HttpStatusCode.BadRequest, "validation"), (answer.Status, answer.Problem));
        Assert.Equal([member], answer.Members);
    }

    /// <summary>One that got no answer from a service says so and ends: the next one is asked for.</summary>
    private Task<JsonElement> RunAsync() => Eventually.Get(OneRunAsync, run => run.GetProperty("status").GetString() == "Completed");

    /// <summary>Asks for a run until one begins after this call, and waits for its end.</summary>
    private async Task<JsonElement> OneRunAsync()
    {
        var before = await NewestAsync();
        var begun = await Eventually.Get(
            () => shop.Operator.PostAsync(Route, new { }),
            answer => answer.Status == HttpStatusCode.Accepted && Number(answer.Json) > before);
        var id = begun.Json.GetProperty("id").GetString();
        return await Eventually.Get(
            async () => (await shop.Operator.ReadAsync(Route)).Json.GetProperty("items").EnumerateArray()
                .FirstOrDefault(run => run.GetProperty("id").GetString() == id),
            run => run.ValueKind == JsonValueKind.Object && run.GetProperty("status").GetString() is "Completed" or "Failed");
    }

    private async Task<long> NewestAsync() =>
        (await shop.Operator.ReadAsync($"{Route}?limit=1")).Json.GetProperty("items").EnumerateArray().Select(Number).DefaultIfEmpty(-1).First();

    private static long Number(JsonElement run) => long.Parse(run.GetProperty("id").GetString()!, CultureInfo.InvariantCulture);
}
