using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>The loyalty service with its sidecar and the broker, and nothing else of the shop.</summary>
public sealed class LoyaltyAlone : IAsyncLifetime
{
    public RunningShop Shop { get; private set; } = null!;

    public ShopClient Sidecar { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await LoyaltyBuild.Done;
        Shop = await RunningShop.StartAsync(topology: TopologyCopy.Polyglot, only: "loyalty");
        Sidecar = ShopClient.Anonymous(Shop.Sidecar("loyalty"));
    }

    public async Task DisposeAsync()
    {
        Sidecar.Dispose();
        await Shop.DisposeAsync();
    }
}

/// <summary>By itself: thousands of messages at once would starve the shops of other classes, whose times are short.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class BusyLoyalty : ICollectionFixture<LoyaltyAlone>
{
    public const string Name = "loyalty";
}

/// <summary>What the service makes of trouble.</summary>
[Collection(BusyLoyalty.Name)]
public sealed class LoyaltyTests(LoyaltyAlone loyalty)
{
    private const int Orders = 1000;
    private const int Customers = 5;
    private const int Deliveries = 3;
    private const int Malformed = 20;

    /// <summary>For thousands of messages.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    // Any seed does; a fixed one repeats a failure.
    private readonly Random _random = new(20260105);

    private readonly RunningShop _shop = loyalty.Shop;
    private readonly ShopClient _sidecar = loyalty.Sidecar;

    [Fact]
    public async Task Points_OfAThousandOrdersDeliveredThriceAroundAKill_AreExact()
    {
        var events = Enumerable.Range(0, Orders * Deliveries).Select(number => Confirmed(number % Orders))
            .Concat(Enumerable.Range(0, Malformed).Select(Broken))
            .ToArray();
        _random.Shuffle(events);
        var expected = Enumerable.Range(0, Customers).ToDictionary(
            Customer, customer => Enumerable.Range(0, Orders).Where(order => order % Customers == customer).Sum(order => Amount(order) / 100));

        var publishing = Parallel.ForEachAsync(
            events, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (@event, _) => await PublishAsync(@event));
        await Eventually.Get(BalancesAsync, balances => balances.Values.Sum() > expected.Values.Sum() / 5, Patience);
        var first = _shop.Pids["loyalty"];
        _shop.KillApp("loyalty");
        await publishing;

        await Eventually.Get(BalancesAsync, balances => balances.Values.Sum() >= expected.Values.Sum(), Patience);
        // Each delivery is told before it is answered, so none is still on its way, and could still add to a balance, after so many.
        await Eventually.Get(
            () => _shop.AppLog("loyalty").Count(line => line.Contains("credited\"", StringComparison.Ordinal) || line.Contains("known already\"", StringComparison.Ordinal)),
            told => told >= Orders * Deliveries,
            Patience);
        await Eventually.Get(() => _shop.AppLog("loyalty").Count(line => line.Contains("Dropped a message", StringComparison.Ordinal)), dropped => dropped >= Malformed, Patience);
        Assert.Equal(expected, await Eventually.Get(BalancesAsync, balances => balances.Values.Sum() >= expected.Values.Sum()));
        Assert.NotEqual(first, _shop.Pids["loyalty"]);
        foreach (var customer in Enumerable.Range(0, Customers))
        {
            var entries = await AllEntriesAsync(Customer(customer));
            Assert.Equal(
                Enumerable.Range(0, Orders).Where(order => order % Customers == customer).Select(order => $"{OrderId(order)} {Amount(order) / 100}"),
                entries.Order(StringComparer.Ordinal));
        }

        Assert.Empty(_shop.ErrorLogs());
    }

    [Theory]
    [InlineData("a%2Fb", HttpStatusCode.OK)]
    [InlineData("a/b", HttpStatusCode.BadRequest)]
    [InlineData("a||b", HttpStatusCode.BadRequest)]
    [InlineData("../shopper-1", HttpStatusCode.BadRequest)]
    public async Task Points_OfAUserWhoCannotBeOne_NameTheHeader(string user, HttpStatusCode status)
    {
        var answer = await PointsAsync(user, "");

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == HttpStatusCode.OK ? [] : ["shop-user"], answer.Members);
    }

    private static string Customer(int number) => string.Create(CultureInfo.InvariantCulture, $"customer-{number}");

    private static string OrderId(int order) => string.Create(CultureInfo.InvariantCulture, $"order-{order:0000}");

    /// <summary>In minor units, and never a whole number of points.</summary>
    private static int Amount(int order) => (order * 100) + 1 + (order % 99);

    private static string Confirmed(int order) => CloudEvent($$"""
        {"eventId":"{{OrderId(order)}}:confirmed","orderId":"{{OrderId(order)}}","userId":"{{Customer(order % Customers)}}",
         "total":{"amount":{{Amount(order)}},"currency":"CNY"},"at":"2026-01-05T10:00:00Z","version":4}
        """);

    private static string Broken(int number) => CloudEvent((number % 4) switch
    {
        0 => """{"orderId":"broken","userId":"customer-0/0","total":{"amount":100,"currency":"CNY"},"at":"2026-01-05T10:00:00Z"}""",
        1 => """{"orderId":"broken","userId":"customer-0","total":{"amount":1e300,"currency":"CNY"},"at":"2026-01-05T10:00:00Z"}""",
        2 => """{"orderId":"broken","userId":"customer-0"}""",
        _ => "\"text\"",
    });

    private static string CloudEvent(string data) =>
        $$"""{"specversion":"1.0","id":"{{Guid.NewGuid()}}","source":"test","type":"com.daprshop.order.confirmed.v1","datacontenttype":"application/json","data":{{data}}}""";

    private async Task PublishAsync(string @event)
    {
        var answer = await _sidecar.SendAsync(
            HttpMethod.Post, "/v1.0/publish/pubsub/orders", new StringContent(@event, Encoding.UTF8, "application/cloudevents+json"));
        Assert.True(answer.Status == HttpStatusCode.NoContent, answer.Body);
    }

    private async Task<Dictionary<string, int>> BalancesAsync()
    {
        var balances = new Dictionary<string, int>();
        foreach (var customer in Enumerable.Range(0, Customers).Select(Customer))
        {
            var answer = await PointsAsync(customer, "?limit=1");
            // None while the process that was killed is away.
            balances[customer] = answer.Status == HttpStatusCode.OK ? answer.Json.GetProperty("balance").GetInt32() : 0;
        }

        return balances;
    }

    private async Task<List<string>> AllEntriesAsync(string customer)
    {
        var found = new List<string>();
        var query = "?limit=100";
        while (true)
        {
            var page = (await PointsAsync(customer, query)).Json;
            found.AddRange(page.GetProperty("entries").EnumerateArray().Select(entry => $"{entry.GetProperty("orderId").GetString()} {entry.GetProperty("points").GetInt32()}"));
            if (page.GetProperty("nextCursor") is not { ValueKind: JsonValueKind.String } next)
            {
                return found;
            }

            query = $"?limit=100&cursor={next.GetString()}";
        }
    }

    /// <summary>As the gateway asks, through the sidecar, which adds the app's token.</summary>
    private Task<Answer> PointsAsync(string user, string query) =>
        _sidecar.GetAsync($"/v1.0/invoke/loyalty/method/api/v1/points{query}", ("shop-user", user), ("shop-role", "customer"));
}
