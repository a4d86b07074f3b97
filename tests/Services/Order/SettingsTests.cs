using System.Net;
using DaprShop.Contracts.Api;
using DaprShop.Order.Settings;
using DaprShop.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.Services.Order;

public sealed class SettingsTests : IAsyncLifetime
{
    private const string Route = "/api/v1/ops/settings";
    private const string Low = """{"edge":{"requestsPerSecond":5,"burst":7,"concurrentRequests":9}}""";

    private static readonly (string, string) Operator = ("shop-role", "operator");
    private static readonly (string, string) User = ("shop-user", "operator-1");

    private FakeSidecar _sidecar = null!;
    private RunningService _service = null!;

    public async Task InitializeAsync()
    {
        _sidecar = await FakeSidecar.StartAsync();
        _service = await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _sidecar.DisposeAsync();
    }

    [Theory]
    [InlineData(Route)]
    [InlineData("/internal/settings")]
    public async Task Get_NobodyHasPutAny_AreTheDefaults(string path)
    {
        var answer = await _service.SendAsync(HttpMethod.Get, path, null, User, Operator);

        Assert.Equal("\"0\"", answer.Headers.ETag?.Tag);
        Assert.Equal(
            """{"edge":{"requestsPerSecond":100,"burst":400,"concurrentRequests":2000},"version":0}""", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Put_Settings_StandForEveryReplicaAndTheGateways()
    {
        var put = await _service.SendAsync(HttpMethod.Put, Route, Low, User, Operator);
        await using var another = await StartAsync();
        var read = await another.SendAsync(HttpMethod.Get, Route, null, User, Operator);
        var pulled = await another.SendAsync(HttpMethod.Get, "/internal/settings");

        const string stored = """{"edge":{"requestsPerSecond":5,"burst":7,"concurrentRequests":9},"version":1}""";
        Assert.Equal((HttpStatusCode.OK, "\"1\"", stored), (put.StatusCode, put.Headers.ETag?.Tag, await put.Content.ReadAsStringAsync()));
        Assert.Equal(("\"1\"", stored), (read.Headers.ETag?.Tag, await read.Content.ReadAsStringAsync()));
        Assert.Equal(stored, await pulled.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Get_KnownVersion_Is304()
    {
        await _service.SendAsync(HttpMethod.Put, Route, Low, User, Operator);

        var known = await _service.SendAsync(HttpMethod.Get, Route, null, User, Operator, ("If-None-Match", "\"1\""));
        var old = await _service.SendAsync(HttpMethod.Get, Route, null, User, Operator, ("If-None-Match", "\"0\""));

        Assert.Equal((HttpStatusCode.NotModified, HttpStatusCode.OK), (known.StatusCode, old.StatusCode));
    }

    [Theory]
    [InlineData("\"1\"", 200, 2)]
    [InlineData("*", 200, 2)]
    [InlineData(null, 200, 2)]
    [InlineData("\"0\"", 412, 1)]
    [InlineData("W/\"1\"", 412, 1)]
    public async Task Put_SecondTime_ReplacesTheVersionThatIsNamed(string? ifMatch, int status, long version)
    {
        await _service.SendAsync(HttpMethod.Put, Route, Low, User, Operator, ("If-Match", "\"0\""));

        (string, string)[] headers = ifMatch is null ? [User, Operator] : [User, Operator, ("If-Match", ifMatch)];
        var answer = await _service.SendAsync(
            HttpMethod.Put, Route, """{"edge":{"requestsPerSecond":50,"burst":70,"concurrentRequests":90}}""", headers);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(version, (await (await _service.SendAsync(HttpMethod.Get, Route, null, User, Operator)).JsonAsync()).GetProperty("version").GetInt64());
        if (status == 412)
        {
            Assert.Equal("precondition-failed", await answer.ProblemAsync());
            Assert.Contains("at version 1", (await answer.JsonAsync()).GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"edge":{"requestsPerSecond":0,"burst":0,"concurrentRequests":0}}""", "edge.burst edge.concurrentRequests edge.requestsPerSecond")]
    [InlineData("""{"edge":{"requestsPerSecond":100001,"burst":1000001,"concurrentRequests":1000001}}""", "edge.burst edge.concurrentRequests edge.requestsPerSecond")]
    [InlineData("""{"edge":{"requestsPerSecond":1,"burst":-1,"concurrentRequests":1}}""", "edge.burst")]
    [InlineData("""{"edge":{"requestsPerSecond":"1","burst":1,"concurrentRequests":1}}""", "edge.requestsPerSecond")]
    [InlineData("""{"edge":{"requestsPerSecond":1.5,"burst":1,"concurrentRequests":1}}""", "edge.requestsPerSecond")]
    [InlineData("""{"edge":{"requestsPerSecond":1,"burst":1}}""", "edge.concurrentRequests")]
    [InlineData("""{"edge":{"requestsPerSecond":1,"burst":1,"concurrentRequests":1,"queue":1}}""", "edge.queue")]
    [InlineData("""{"edge":{"requestsPerSecond":1,"burst":1,"concurrentRequests":1},"version":3}""", "version")]
    [InlineData("""{"edge":null}""", "edge")]
    [InlineData("{}", "edge")]
    [InlineData("[]", "$")]
    public async Task Put_NotValid_NamesTheMembersAndChangesNothing(string body, string members)
    {
        var answer = await _service.SendAsync(HttpMethod.Put, Route, body, User, Operator);

        Assert.Equal("validation", await answer.ProblemAsync());
        Assert.Equal(members, string.Join(' ', await answer.ErrorMembersAsync()));
        Assert.Equal("\"0\"", (await _service.SendAsync(HttpMethod.Get, Route, null, User, Operator)).Headers.ETag?.Tag);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    public async Task Route_ForACustomer_IsForbidden(string method)
    {
        var answer = await _service.SendAsync(new HttpMethod(method), Route, method == "PUT" ? Low : null, ("shop-user", "shopper-1"));

        Assert.Equal("forbidden", await answer.ProblemAsync());
    }

    [Fact]
    public async Task Get_StoreIsDown_Is503()
    {
        _sidecar.StoreIsUp = false;

        var answer = await _service.SendAsync(HttpMethod.Get, "/internal/settings");

        Assert.Equal("dependency-unavailable", await answer.ProblemAsync());
    }

    [Fact]
    public async Task Put_ManyAtOnce_EachMakesAVersionOfItsOwn()
    {
        var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(n => _service.SendAsync(
            HttpMethod.Put, Route, $$"""{"edge":{"burst":1,"concurrentRequests":1,"requestsPerSecond":{{n}} } }""", User, Operator)));

        var versions = await Task.WhenAll(answers.Select(async answer => (await answer.JsonAsync()).GetProperty("version").GetInt64()));
        Assert.Equal(Enumerable.Range(1, 8).Select(n => (long)n), versions.Order());
    }

    [Fact]
    public void Default_Settings_AreValidAsTheyStand() =>
        Assert.Equal((new EdgeLimits(100, 400, 2000), 0L), (ShopSettings.Default.Edge, ShopSettings.Default.Version));

    private Task<RunningService> StartAsync() => RunningService.StartAsync(
        builder =>
        {
            builder.AddServiceDefaults();
            builder.Services.AddSingleton<SettingsStore>();
            var app = builder.Build();
            app.MapSettings();
            return app;
        },
        _sidecar);
}
