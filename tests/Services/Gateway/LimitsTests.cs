using System.Diagnostics.Metrics;
using System.Net;
using DaprShop.Contracts.Api;
using DaprShop.Gateway.Limits;
using DaprShop.ServiceDefaults.Telemetry;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Metrics;
using Microsoft.AspNetCore.Http;

namespace DaprShop.Tests.Gateway;

/// <summary>The limits of a running gateway, and how they follow the settings.</summary>
public sealed class LimitsTests : IAsyncLifetime
{
    private const string Product = "/api/v1/products/SKU-1001";

    private EdgeGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await EdgeGateway.StartAsync(EdgeGateway.Settings(requestsPerSecond: 10, burst: 3, concurrentRequests: 2));
        _gateway.OnOrder = EdgeGateway.AcceptAsync;
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task User_OverHisBurst_Is429WithoutACall()
    {
        var answers = await SendAsync(5);

        Assert.Equal([200, 200, 200, 429, 429], Statuses(answers));
        Assert.Equal("rate-limited", await answers[3].ProblemAsync());
        Assert.Equal("1", answers[3].Headers.GetValues("Retry-After").Single());
        Assert.Equal(3, _gateway.Sidecar.Invocations.Count);
    }

    [Fact]
    public async Task User_OverHisBurst_IsCountedWhereHeWantedAnOrder()
    {
        using var meters = new MeterReader(_gateway.Get<IMeterFactory>());

        await SendAsync(5);
        await _gateway.PlaceAsync();

        Assert.Equal(["rate-limited 1"], meters.Read(RefusedOrders.Name));
    }

    [Fact]
    public async Task User_WhoWaitsAsToldByRetryAfter_IsServed()
    {
        var refused = (await SendAsync(4))[3];

        _gateway.Clock.Advance(TimeSpan.FromSeconds(int.Parse(refused.Headers.GetValues("Retry-After").Single(), System.Globalization.CultureInfo.InvariantCulture)));

        Assert.Equal([200], Statuses(await SendAsync(1)));
    }

    [Fact]
    public async Task OtherUsers_WhileOneIsLimited_AreServed()
    {
        await SendAsync(4);

        Assert.Equal(HttpStatusCode.OK, (await _gateway.SendAsync(HttpMethod.Get, Product, "shopper-2")).StatusCode);
    }

    [Fact]
    public async Task User_OnAnOpenRoute_TakesFromTheSameBucket()
    {
        await SendAsync(3);

        Assert.Equal("rate-limited", await (await _gateway.SendAsync(HttpMethod.Get, EdgeGateway.Orders, "shopper-1")).ProblemAsync());
    }

    [Theory]
    [InlineData("GET", Product, null)]
    [InlineData("POST", "/webhooks/provider", "{}")]
    [InlineData("POST", "/api/v1/tokens", """{"userName":"shopper-1","password":"demo"}""")]
    [InlineData("GET", "/alive", null)]
    [InlineData("GET", "/health", null)]
    public async Task Anonymous_AsOftenAsTheyLike_AreNotLimited(string method, string path, string? body)
    {
        for (var n = 0; n < 10; n++)
        {
            Assert.Equal(200, (int)(await _gateway.AnonymousAsync(new HttpMethod(method), path, body)).StatusCode);
        }
    }

    [Fact]
    public async Task Settings_AreChanged_HoldForTheNextRequest()
    {
        await SendAsync(4);

        _gateway.Get<LiveSettings>().Set(new ShopSettings(new EdgeLimits(10, Burst: 5, ConcurrentRequests: 2), Version: 2));

        Assert.Equal([200, 200, 429], Statuses(await SendAsync(3)));
    }

    [Fact]
    public async Task Settings_OfTheOrderService_ArePulledEverySecond()
    {
        await _gateway.SettingsAreAsync(EdgeGateway.Settings(requestsPerSecond: 20, burst: 1, concurrentRequests: 7));

        Assert.Equal(new EdgeLimits(20, 1, 7), _gateway.Get<LiveSettings>().Edge);
        Assert.Equal([200, 429], Statuses(await SendAsync(2)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("""{"version":9}""")]
    [InlineData("""{"edge":{"requestsPerSecond":0,"burst":1,"concurrentRequests":1},"version":9}""")]
    [InlineData("""{"edge":{"requestsPerSecond":77},"version":9}""")]
    [InlineData("[]")]
    public async Task Settings_CannotBeRead_TheLastKnownOnesHold(string? answer)
    {
        _gateway.Sidecar.Settings = answer is null ? null : System.Text.Json.Nodes.JsonNode.Parse(answer);
        var asked = _gateway.Sidecar.SettingsAsked;

        await Eventually.True(() =>
        {
            _gateway.Clock.Advance(TimeSpan.FromSeconds(1));
            return _gateway.Sidecar.SettingsAsked > asked + 3;
        });

        Assert.Equal(new EdgeLimits(10, 3, 2), _gateway.Get<LiveSettings>().Edge);
    }

    [Fact]
    public async Task Settings_BeforeTheOrderServiceAnswers_AreTheDefaults()
    {
        await using var fresh = await EdgeGateway.StartAsync();

        Assert.Equal(ShopSettings.Default.Edge, fresh.Get<LiveSettings>().Edge);
    }

    [Fact]
    public async Task Load_MoreInFlightThanMayBe_Is429AtOnceAndEndsWithThem()
    {
        var open = new TaskCompletionSource();
        _gateway.OnOrder = async context =>
        {
            await open.Task;
            await EdgeGateway.AcceptAsync(context);
        };

        var inFlight = await PlaceTwoAsync();
        var refused = await _gateway.AnonymousAsync(HttpMethod.Get, Product);
        open.SetResult();
        await Task.WhenAll(inFlight);
        var after = await _gateway.AnonymousAsync(HttpMethod.Get, Product);

        Assert.Equal("overloaded", await refused.ProblemAsync());
        Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());
        Assert.All(inFlight, answer => Assert.Equal(HttpStatusCode.Accepted, answer.Result.StatusCode));
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task Load_LimitIsRaisedWhileFull_LetsTheNextIn()
    {
        var open = new TaskCompletionSource();
        _gateway.OnOrder = _ => open.Task;
        var inFlight = await PlaceTwoAsync();

        _gateway.Get<LiveSettings>().Set(new ShopSettings(new EdgeLimits(10, 3, ConcurrentRequests: 3), Version: 2));
        var next = await _gateway.AnonymousAsync(HttpMethod.Get, Product);

        open.SetResult();
        await Task.WhenAll(inFlight);
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
    }

    [Fact]
    public async Task Load_RequestsThatFail_LeaveAgain()
    {
        _gateway.OnOrder = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };

        for (var n = 1; n <= 5; n++)
        {
            Assert.Equal("dependency-unavailable", await (await _gateway.PlaceAsync($"shopper-{n}")).ProblemAsync());
        }

        Assert.Equal(HttpStatusCode.OK, (await _gateway.AnonymousAsync(HttpMethod.Get, Product)).StatusCode);
    }

    [Fact]
    public async Task Load_StreamsAndOperators_DoNotCount()
    {
        var open = new TaskCompletionSource();
        _gateway.OnOrder = _ => open.Task;
        var inFlight = await PlaceTwoAsync();

        var stream = await _gateway.SendAsync(HttpMethod.Get, "/api/v1/notifications/stream", "shopper-3");
        var settings = _gateway.SendAsync(HttpMethod.Get, "/api/v1/ops/settings", "operator-1");
        await Eventually.True(() => _gateway.Sidecar.Invocations.Any(call => call.Path.EndsWith("/api/v1/ops/settings", StringComparison.Ordinal)));

        open.SetResult();
        await Task.WhenAll(inFlight);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (stream.StatusCode, (await settings).StatusCode));
    }

    /// <summary>Two orders on their way, each by itself: together they could go as one call.</summary>
    private async Task<List<Task<HttpResponseMessage>>> PlaceTwoAsync()
    {
        var inFlight = new List<Task<HttpResponseMessage>>();
        for (var n = 1; n <= 2; n++)
        {
            inFlight.Add(_gateway.PlaceAsync($"shopper-{n}"));
            await Eventually.True(() => _gateway.Placed.Count() == n);
        }

        return inFlight;
    }

    private async Task<List<HttpResponseMessage>> SendAsync(int count)
    {
        var answers = new List<HttpResponseMessage>();
        for (var n = 0; n < count; n++)
        {
            answers.Add(await _gateway.SendAsync(HttpMethod.Get, Product, "shopper-1"));
        }

        return answers;
    }

    private static IEnumerable<int> Statuses(IEnumerable<HttpResponseMessage> answers) => answers.Select(answer => (int)answer.StatusCode);
}
