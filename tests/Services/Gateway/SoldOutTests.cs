using System.Diagnostics.Metrics;
using System.Net;
using DaprShop.Gateway.SoldOut;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Telemetry;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Metrics;
using Microsoft.AspNetCore.Http;

namespace DaprShop.Tests.Gateway;

/// <summary>Refusals from the gateway's memory: when they come, when they must not, and how soon they end.</summary>
public sealed class SoldOutTests : IAsyncLifetime
{
    private EdgeGateway _gateway = null!;

    private SoldOutCache Cache => _gateway.Get<SoldOutCache>();

    public async Task InitializeAsync() => _gateway = await EdgeGateway.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Place_KnownToBeSoldOut_IsRefusedWithoutACallInTheWordsOfTheService()
    {
        using var meters = new MeterReader(_gateway.Get<IMeterFactory>());
        var first = await _gateway.WarmAsync();

        var refused = await _gateway.PlaceAsync("shopper-2");

        Assert.Contains("as the service words it", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Conflict, "sold-out"), (refused.StatusCode, await refused.ProblemAsync()));
        var problem = await refused.JsonAsync();
        Assert.Equal(
            ("Sold out", "There is not enough stock of SKU-1001. The same key may succeed later."),
            (problem.GetProperty("title").GetString(), problem.GetProperty("detail").GetString()));
        Assert.False(first.Headers.Contains("shop-sold-out"));
        Assert.Single(_gateway.Placed);
        Assert.Equal(["sold-out 1"], meters.Read(RefusedOrders.Name));
    }

    [Fact]
    public async Task Place_NothingWasSoldOut_IsForwardedAndAsksNobody()
    {
        _gateway.OnOrder = EdgeGateway.AcceptAsync;

        var answers = new[] { await _gateway.PlaceAsync(key: "k-1"), await _gateway.PlaceAsync(key: "k-2") };

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
        Assert.Empty(_gateway.Questions);
        Assert.Equal(0, Cache.Count);
    }

    [Fact]
    public async Task Place_RepeatOfAnAcceptedOrder_ReachesTheService()
    {
        _gateway.OnInventory = context => EdgeGateway.ViewAsync(context, EdgeGateway.SoldOut(1, EdgeGateway.OrderId("shopper-7", "k-7")));
        await _gateway.WarmAsync();
        _gateway.OnOrder = EdgeGateway.AcceptAsync;

        var repeat = await _gateway.PlaceAsync("shopper-7", "k-7");
        var otherKey = await _gateway.PlaceAsync("shopper-7", "k-8");
        var otherUser = await _gateway.PlaceAsync("shopper-8", "k-7");

        Assert.Equal(HttpStatusCode.Accepted, repeat.StatusCode);
        Assert.Equal(("sold-out", "sold-out"), (await otherKey.ProblemAsync(), await otherUser.ProblemAsync()));
        Assert.Equal(["k-1", "k-7"], _gateway.Placed.Select(call => call.Headers["Idempotency-Key"]));
    }

    [Fact]
    public async Task PlaceInSale_KnownToBeSoldOut_IsRefusedUnlessItRepeatsAnAcceptedOrder()
    {
        const string Route = "/api/v1/sales/spring/orders";
        const string Order = """{"payment":{"source":"tok_ok"},"quantity":1}""";
        _gateway.OnOrder = context => EdgeGateway.SoldOutAsync(context, "sale:spring");
        _gateway.OnInventory = context => EdgeGateway.ViewAsync(context, EdgeGateway.SoldOut(1, DerivedIds.Order("shopper-7", Route, "k-7")));
        await _gateway.PlaceAsync(body: Order, path: Route);
        await Eventually.True(() => Cache.IsFresh("sale:spring"));
        _gateway.OnOrder = EdgeGateway.AcceptAsync;

        var refused = await _gateway.PlaceAsync("shopper-2", body: Order, path: Route);
        var repeat = await _gateway.PlaceAsync("shopper-7", "k-7", Order, Route);
        var badInput = await _gateway.PlaceAsync("shopper-2", body: """{"quantity":0,"payment":{"source":"tok_ok"}}""", path: Route);
        var otherSale = await _gateway.PlaceAsync("shopper-2", body: Order, path: "/api/v1/sales/summer/orders");

        Assert.Equal("sold-out", await refused.ProblemAsync());
        Assert.Contains("sale:spring", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(
            (HttpStatusCode.Accepted, HttpStatusCode.Accepted, HttpStatusCode.Accepted), (repeat.StatusCode, badInput.StatusCode, otherSale.StatusCode));
    }

    [Theory]
    [InlineData("/api/v1/orders/")]
    [InlineData("/API/v1/Orders")]
    [InlineData("/api/v1/orders?x=1")]
    public async Task Place_RepeatByAnotherSpellingOfThePath_NamesTheSameOrder(string path)
    {
        _gateway.OnInventory = context => EdgeGateway.ViewAsync(context, EdgeGateway.SoldOut(1, EdgeGateway.OrderId("shopper-7", "k-7")));
        await _gateway.WarmAsync();
        _gateway.OnOrder = EdgeGateway.AcceptAsync;

        Assert.Equal(HttpStatusCode.Accepted, (await _gateway.PlaceAsync("shopper-7", "k-7", path: path)).StatusCode);
    }

    [Fact]
    public async Task Place_RepeatOfAnOrderAcceptedAfterInventoryWasAsked_ReachesTheService()
    {
        // Forwarded before anything was known, and accepted only when the answer of inventory was on its way without it.
        var open = new TaskCompletionSource();
        _gateway.OnOrder = async context =>
        {
            await open.Task;
            await EdgeGateway.AcceptAsync(context);
        };
        var accepted = _gateway.PlaceAsync("shopper-7", "k-7");
        await Eventually.True(() => _gateway.Placed.Any());
        _gateway.OnOrder = context => EdgeGateway.SoldOutAsync(context, EdgeGateway.Sku);
        await _gateway.WarmAsync();
        open.SetResult();
        await accepted;

        _gateway.OnOrder = EdgeGateway.AcceptAsync;
        var repeat = await _gateway.PlaceAsync("shopper-7", "k-7");

        Assert.Equal(HttpStatusCode.Accepted, repeat.StatusCode);
        Assert.Equal("sold-out", await (await _gateway.PlaceAsync("shopper-8")).ProblemAsync());
    }

    [Fact]
    public async Task Place_RepeatOfAnOrderThatIsStillOnItsWay_ReachesTheService()
    {
        var open = new TaskCompletionSource();
        _gateway.OnOrder = async context =>
        {
            await open.Task;
            await EdgeGateway.AcceptAsync(context);
        };
        var order = _gateway.PlaceAsync("shopper-7", "k-7");
        await Eventually.True(() => _gateway.Placed.Any());
        _gateway.OnOrder = context => EdgeGateway.SoldOutAsync(context, EdgeGateway.Sku);
        await _gateway.WarmAsync();

        _gateway.OnOrder = EdgeGateway.AcceptAsync;
        var repeat = await _gateway.PlaceAsync("shopper-7", "k-7");
        open.SetResult();

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), ((await order).StatusCode, repeat.StatusCode));
    }

    [Fact]
    public async Task Place_RefusedByTheService_IsRefusedWithoutACallTheNextTime()
    {
        await _gateway.WarmAsync();

        Assert.Equal("sold-out", await (await _gateway.PlaceAsync("shopper-1")).ProblemAsync());
        Assert.Single(_gateway.Placed);
    }

    [Fact]
    public async Task Place_RepeatOfAnOrderWhoseAnswerWasLost_ReachesTheService()
    {
        _gateway.OnOrder = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _gateway.PlaceAsync("shopper-7", "k-7")).StatusCode);
        _gateway.OnOrder = context => EdgeGateway.SoldOutAsync(context, EdgeGateway.Sku);
        await _gateway.WarmAsync();

        _gateway.OnOrder = EdgeGateway.AcceptAsync;

        Assert.Equal(HttpStatusCode.Accepted, (await _gateway.PlaceAsync("shopper-7", "k-7")).StatusCode);
    }

    [Fact]
    public async Task Place_WhatIsKnownIsHalfASecondOld_IsForwarded()
    {
        await _gateway.WarmAsync();
        var open = new TaskCompletionSource();
        _gateway.OnInventory = _ => open.Task;

        _gateway.Clock.Advance(TimeSpan.FromMilliseconds(499));
        await _gateway.PlaceAsync("shopper-2");
        var before = _gateway.Placed.Count();
        _gateway.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await _gateway.PlaceAsync("shopper-2");
        var after = _gateway.Placed.Count();

        open.SetResult();
        Assert.Equal((1, 2), (before, after));
    }

    [Fact]
    public async Task Place_BuyersKeepComing_InventoryIsAskedAgainBeforeAnybodyGetsThrough()
    {
        await _gateway.WarmAsync();

        for (var n = 2; n < 22; n++)
        {
            _gateway.Clock.Advance(TimeSpan.FromMilliseconds(260));
            Assert.Equal("sold-out", await (await _gateway.PlaceAsync($"shopper-{n}")).ProblemAsync());
            await Eventually.True(() => _gateway.Questions.Count() == n);
            await SettledAsync();
        }

        Assert.Single(_gateway.Placed);
    }

    [Fact]
    public async Task Place_ManyAtOnceWhenItIsTimeToAsk_AskOnce()
    {
        await _gateway.WarmAsync();
        var open = new TaskCompletionSource();
        _gateway.OnInventory = async context =>
        {
            await open.Task;
            await EdgeGateway.ViewAsync(context, EdgeGateway.SoldOut(1));
        };
        _gateway.Clock.Advance(TimeSpan.FromMilliseconds(300));

        await Task.WhenAll(Enumerable.Range(2, 50).Select(n => _gateway.PlaceAsync($"shopper-{2 + (n % 5)}")));
        await Eventually.True(() => _gateway.Questions.Count() == 2);
        open.SetResult();
        await SettledAsync();

        Assert.Equal((2, 1), (_gateway.Questions.Count(), _gateway.Placed.Count()));
    }

    [Fact]
    public async Task Place_AfterARestock_GetsThroughAtTheNextQuestion()
    {
        await _gateway.WarmAsync();
        _gateway.OnInventory = context => EdgeGateway.ViewAsync(context, EdgeGateway.UnitsLeft());
        _gateway.OnOrder = EdgeGateway.AcceptAsync;
        _gateway.Clock.Advance(TimeSpan.FromMilliseconds(300));

        // This one is refused by what is known, and makes the gateway ask.
        var last = await _gateway.PlaceAsync("shopper-2");
        await Eventually.True(() => Cache.Judge(EdgeGateway.Sku, "any") is null);
        var served = await _gateway.PlaceAsync("shopper-3");

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Accepted), (last.StatusCode, served.StatusCode));
    }

    [Theory]
    [InlineData("POST", "/api/v1/stock/SKU-1001/restocks", """{"quantity":1}""")]
    [InlineData("PUT", "/api/v1/stock/SKU-1001", """{"initial":1}""")]
    public async Task Place_UnitsWereAddedThroughThisGateway_GetsThroughAtOnce(string method, string path, string body)
    {
        await _gateway.WarmAsync();
        var open = new TaskCompletionSource();
        _gateway.OnInventory = async context =>
        {
            if (context.Request.Method == "GET")
            {
                await open.Task;
                await EdgeGateway.ViewAsync(context, EdgeGateway.SoldOut(1));
            }
        };
        _gateway.Clock.Advance(TimeSpan.FromMilliseconds(300));
        await _gateway.PlaceAsync("shopper-2");
        await Eventually.True(() => _gateway.Questions.Count() == 2);

        await _gateway.SendAsync(new HttpMethod(method), path, "operator-1", body);
        open.SetResult();
        _gateway.OnOrder = EdgeGateway.AcceptAsync;

        Assert.Equal(HttpStatusCode.Accepted, (await _gateway.PlaceAsync("shopper-3")).StatusCode);
    }

    [Fact]
    public async Task Place_RestockWasRefused_ChangesNothing()
    {
        await _gateway.WarmAsync();
        _gateway.OnInventory = context =>
        {
            context.Response.StatusCode = 422;
            context.Response.ContentType = Problems.ContentType;
            return context.Response.WriteAsync("{}");
        };

        await _gateway.SendAsync(HttpMethod.Post, "/api/v1/stock/SKU-1001/restocks", "operator-1", """{"quantity":1}""");

        Assert.Equal("sold-out", await (await _gateway.PlaceAsync("shopper-3")).ProblemAsync());
    }

    [Fact]
    public async Task Place_SoldOutAgainAfterARestock_IsRefusedWithoutACallAgain()
    {
        await _gateway.WarmAsync();
        _gateway.OnInventory = context => EdgeGateway.ViewAsync(context, EdgeGateway.UnitsLeft());
        _gateway.Clock.Advance(TimeSpan.FromMilliseconds(300));
        await _gateway.PlaceAsync("shopper-2");
        await Eventually.True(() => Cache.Judge(EdgeGateway.Sku, "any") is null);

        _gateway.OnInventory = context => EdgeGateway.ViewAsync(context, EdgeGateway.SoldOut(5));
        _gateway.Clock.Advance(TimeSpan.FromMilliseconds(300));
        await _gateway.WarmAsync("shopper-3");
        var placed = _gateway.Placed.Count();

        Assert.Equal("sold-out", await (await _gateway.PlaceAsync("shopper-4")).ProblemAsync());
        Assert.Equal(placed, _gateway.Placed.Count());
    }

    [Fact]
    public async Task Place_TooManyOfAFewThatAreLeft_IsAlwaysTheServicesToRefuse()
    {
        _gateway.OnInventory = context => EdgeGateway.ViewAsync(context, EdgeGateway.UnitsLeft());
        await _gateway.PlaceAsync("shopper-1");
        await Eventually.True(() => _gateway.Questions.Any());

        await _gateway.PlaceAsync("shopper-2");
        await _gateway.PlaceAsync("shopper-3");

        Assert.Equal(3, _gateway.Placed.Count());
    }

    [Fact]
    public async Task Ask_NothingHasChanged_SendsTheVersionAndKeepsTheFilterOf304()
    {
        var tags = new List<string>();
        _gateway.OnInventory = context =>
        {
            var known = context.Request.Headers.IfNoneMatch.ToString();
            tags.Add(known);
            if (known.Length == 0)
            {
                return EdgeGateway.ViewAsync(context, EdgeGateway.SoldOut(42, EdgeGateway.OrderId("shopper-7", "k-7")));
            }

            context.Response.StatusCode = 304;
            return Task.CompletedTask;
        };
        await _gateway.WarmAsync();

        _gateway.Clock.Advance(TimeSpan.FromMilliseconds(300));
        await _gateway.PlaceAsync("shopper-2");
        await Eventually.True(() => tags.Count == 2);
        await SettledAsync();

        // Older than the first answer lives: it is the 304 that is believed.
        _gateway.Clock.Advance(TimeSpan.FromMilliseconds(240));
        Assert.Equal("sold-out", await (await _gateway.PlaceAsync("shopper-3")).ProblemAsync());
        await _gateway.PlaceAsync("shopper-7", "k-7");
        Assert.Equal(["", "\"42\""], tags);
        Assert.Equal(2, _gateway.Placed.Count());
    }

    [Theory]
    [InlineData(503, "")]
    [InlineData(200, "nonsense")]
    [InlineData(200, "null")]
    [InlineData(200, """{"version":1,"isSoldOut":true,"filter":"AAA=","hashes":7}""")]
    public async Task Ask_InventoryAnswersNothingUseful_LeavesItToTheService(int status, string body)
    {
        _gateway.OnInventory = context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body);
        };

        await _gateway.PlaceAsync("shopper-1");
        await Eventually.True(() => _gateway.Questions.Any());
        await _gateway.PlaceAsync("shopper-2");

        Assert.Equal(2, _gateway.Placed.Count());
        Assert.Null(Cache.Judge(EdgeGateway.Sku, "any"));
    }

    [Fact]
    public async Task Ask_Failed_IsRepeatedAfterAPauseOnly()
    {
        _gateway.OnInventory = context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        await _gateway.PlaceAsync("shopper-1");
        await Eventually.True(() => _gateway.Questions.Any());
        await _gateway.PlaceAsync("shopper-2");
        await _gateway.PlaceAsync("shopper-3");
        var atOnce = _gateway.Questions.Count();

        _gateway.OnInventory = context => EdgeGateway.ViewAsync(context, EdgeGateway.SoldOut(1));
        await Eventually.Get(
            async () =>
            {
                _gateway.Clock.Advance(TimeSpan.FromMilliseconds(260));
                await _gateway.PlaceAsync("shopper-4");
                return _gateway.Questions.Count();
            },
            count => count > 1);

        Assert.Equal(1, atOnce);
    }

    [Fact]
    public async Task Watch_MoreSkusThanThereIsRoomFor_LeavesTheRestToTheService()
    {
        for (var n = 0; n < SoldOutCache.MostEntries + 100; n++)
        {
            Cache.Watch($"SKU-{n}");
        }

        await Eventually.True(() => Cache.Judge("SKU-0", "any") is not null);
        Assert.Equal(SoldOutCache.MostEntries, Cache.Count);
        Assert.Null(Cache.Judge($"SKU-{SoldOutCache.MostEntries + 1}", "any"));
    }

    [Fact]
    public async Task Entry_ThatNoBuyerAsksForAnyMore_IsDropped()
    {
        await _gateway.WarmAsync();
        Cache.Watch("SKU-2");
        for (var n = 0; n < 30; n++)
        {
            _gateway.Clock.Advance(TimeSpan.FromMilliseconds(500));
            Cache.Judge(EdgeGateway.Sku, "any");
        }

        var used = Cache.Count;
        _gateway.Clock.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal((1, 0), (used, Cache.Count));
    }

    /// <summary>The answer to the last question is known: the same one would not be asked again yet.</summary>
    private Task SettledAsync() => Eventually.True(() => Cache.IsFresh(EdgeGateway.Sku));
}
