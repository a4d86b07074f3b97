using System.Net;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>Several replicas of the services that sell, each with its sidecar.</summary>
public sealed class ReplicaTests
{
    [Fact]
    public async Task Replica_Killed_LeavesItsWorkToTheOthers()
    {
        await using var shop = await StartAsync();
        using var shopper = await ShopClient.SignInAsync(shop.Gateway, "shopper-1");
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
                await shopper.FollowAsync(answer.Json.GetProperty("id").GetString()!, "Confirmed", TimeSpan.FromSeconds(90));
            }

            await Eventually.True(() => shop.Pids["order/2"] != pids.Order && shop.Pids["inventory/3"] != pids.Inventory, TimeSpan.FromSeconds(30));
            Assert.Equal(new Stock(1000, 0, 990, 0, 10), await operatorClient.StockAsync("SKU-1001"));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{failure.Message}\n{shop.Tail()}", failure);
        }
    }

    private static Task<RunningShop> StartAsync() => RunningShop.StartAsync(
        replicas: new Dictionary<string, int> { ["order"] = 2, ["inventory"] = 3 });
}
