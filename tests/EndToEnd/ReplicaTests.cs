using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>Several replicas of the services that sell, each with its sidecar. On the other sets <see cref="SellOutTests"/> has replicas.</summary>
[Trait("Set", "any")]
public sealed class ReplicaTests
{
    private const string AppToken = "the token of a test";
    private const string User = "shopper-1";
    private const int Orders = 2;
    private const int Inventories = 3;

    [Fact]
    public async Task Order_PlacedAtEachReplica_IsReadAtEachAndConfirmed()
    {
        await using var shop = await StartAsync();
        try
        {
            for (var placed = 1; placed <= Orders; placed++)
            {
                var order = await PlaceAsync(shop, placed, $"replica-{placed}");
                Assert.True(order.Status == HttpStatusCode.Accepted, order.Json.ToString());
                var path = $"/{order.Json.GetProperty("id").GetString()}";
                for (var read = 1; read <= Orders; read++)
                {
                    // At once, whoever accepted it.
                    Assert.Equal(HttpStatusCode.OK, (await AskAsync(shop, read, HttpMethod.Get, path)).Status);
                }

                for (var read = 1; read <= Orders; read++)
                {
                    await Eventually.Get(
                        () => AskAsync(shop, read, HttpMethod.Get, path),
                        answer => answer.Json.GetProperty("status").GetString() == "Confirmed");
                }
            }

            Assert.Equal(Orders, shop.Pids.Keys.Count(name => name.Split('/')[0] == "order"));
            Assert.Equal(Inventories, shop.Pids.Keys.Count(name => name.Split('/')[0] == "inventory"));
            Assert.Empty(shop.ErrorLogs());
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{failure.Message}\n{shop.Tail()}", failure);
        }
    }

    [Fact]
    public async Task Replica_Killed_LeavesItsWorkToTheOthers()
    {
        await using var shop = await StartAsync();
        using var shopper = await ShopClient.SignInAsync(shop.Gateway, User);
        using var operatorClient = await ShopClient.SignInAsync(shop.Gateway, "operator-1");
        try
        {
            var before = shop.Pids;
            var pids = (Order: before["order/2"], Inventory: before["inventory/3"]);
            shop.KillApp("order", replica: 2);
            shop.KillApp("inventory", replica: 3);
            var answers = new List<Answer>();
            for (var n = 0; n < 10; n++)
            {
                answers.Add(await shopper.PlaceStubbornlyAsync($"amid-{n}", "tok_ok", ("SKU-1001", 1)));
            }

            Assert.All(answers, answer => Assert.True(answer.Status == HttpStatusCode.Accepted, answer.Body));
            foreach (var answer in answers)
            {
                await shopper.FollowAsync(answer.Json.GetProperty("id").GetString()!, "Confirmed");
            }

            await Eventually.True(() => shop.Pids["order/2"] != pids.Order && shop.Pids["inventory/3"] != pids.Inventory);
            Assert.Equal(new Stock(1000, 0, 990, 0, 10), await operatorClient.StockAsync("SKU-1001"));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{failure.Message}\n{shop.Tail()}", failure);
        }
    }

    private static Task<RunningShop> StartAsync() => RunningShop.StartAsync(
        launcherEnv: new Dictionary<string, string> { ["APP_API_TOKEN"] = AppToken },
        replicas: new Dictionary<string, int> { ["order"] = Orders, ["inventory"] = Inventories });

    private static Task<(HttpStatusCode Status, JsonElement Json)> PlaceAsync(RunningShop shop, int replica, string key) => AskAsync(
        shop, replica, HttpMethod.Post, "", key, new { items = new[] { new { sku = "SKU-1001", quantity = 1 } }, payment = new { source = "tok_ok" } });

    /// <summary>
    /// At the replica's own port, as its sidecar would send it for the gateway. Repeated while the answer is 503, as the API tells a client to:
    /// whoever is asked first has just started.
    /// </summary>
    private static Task<(HttpStatusCode Status, JsonElement Json)> AskAsync(
        RunningShop shop, int replica, HttpMethod method, string path, string? key = null, object? body = null) => Eventually.Get(
        async () =>
        {
            using var http = new HttpClient();
            using var request = new HttpRequestMessage(method, $"{shop.App("order", replica)}/api/v1/orders{path}");
            request.Headers.Add("shop-user", User);
            request.Headers.Add("shop-role", "customer");
            request.Headers.Add("dapr-api-token", AppToken);
            if (body is not null)
            {
                request.Headers.Add("Idempotency-Key", key);
                request.Content = JsonContent.Create(body);
            }

            using var answer = await http.SendAsync(request);
            return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
        },
        answer => answer.StatusCode != HttpStatusCode.ServiceUnavailable);
}
