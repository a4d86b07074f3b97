using System.Net;
using System.Text;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.Http;

public sealed class StateWireTests : IAsyncLifetime
{
    private readonly FakeStateStore _store = new();
    private RunningSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await RunningSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("statestore", "state.in-memory"), Yaml.Component("fake", "state.fake")],
        Drivers = new Dictionary<string, Func<IComponent>> { ["state.fake"] = () => _store },
    });

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Fact]
    public async Task Save_ThenGet_AnswersTheBytesAsSent()
    {
        var saved = await _sidecar.Http.SendTextAsync(
            "POST", "/v1.0/state/statestore", """[{"key":"k","value":{"b": 12345678901234567890.10,"a":"ä\u00e4"}},{"key":"s","value":"text"},{"key":"n"}]""");
        var value = await _sidecar.Http.SendTextAsync("GET", "/v1.0/state/statestore/k");
        var text = await _sidecar.Http.SendTextAsync("GET", "/v1.0/state/statestore/s");
        var absent = await _sidecar.Http.SendTextAsync("GET", "/v1.0/state/statestore/n");

        Assert.Equal("204", saved);
        Assert.Equal("""200 {"b": 12345678901234567890.10,"a":"ä\u00e4"}""", value);
        Assert.Equal("200 \"text\"", text);
        Assert.Equal("200 null", absent);
    }

    [Fact]
    public async Task Get_AStoredItem_HasEtagWithoutQuotesAndItsExpiry()
    {
        _store.Put(new StateItem("app||k", "1"u8.ToArray(), "17", new DateTimeOffset(2026, 2, 3, 4, 5, 6, 700, TimeSpan.Zero)));

        using var response = await _sidecar.Http.GetAsync("/v1.0/state/fake/k?consistency=strong&metadata.any=x");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("17", response.Headers.GetValues("ETag").Single());
        Assert.Equal("2026-02-03T04:05:06Z", response.Headers.GetValues("metadata.ttlExpireTime").Single());
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task Get_AMissingKey_Is204WithoutBody()
    {
        using var response = await _sidecar.Http.GetAsync("/v1.0/state/statestore/missing");

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("POST", "[]")]
    [InlineData("PUT", "[]")]
    [InlineData("PUT", """[{"key":"k","value":1,"unknown":{"x":[1]},"metadata":null,"options":null,"etag":null,"contentType":"x"}]""")]
    public async Task Save_EitherVerb_AcceptsNothingAndUnknownMembers(string method, string body) =>
        Assert.Equal("204", await _sidecar.Http.SendTextAsync(method, "/v1.0/state/fake", body));

    [Fact]
    public async Task Save_ItemMembers_ReachTheStoreAndQueryMetadataWins()
    {
        await _sidecar.Http.SendTextAsync(
            "POST",
            "/v1.0/state/fake?metadata.ttlInSeconds=9",
            """[{"key":"k","value":1,"etag":"5","metadata":{"ttlInSeconds":"3"},"options":{"concurrency":"first-write","consistency":"strong"}}]""");

        var set = Assert.IsType<StateSet>(Assert.Single(_store.Operations));
        Assert.Equal(("app||k", "5", Concurrency.FirstWrite, 9), (set.Key, set.Etag, set.Concurrency, set.TtlSeconds));
        Assert.Equal("1", Encoding.UTF8.GetString(set.Value.Span));
    }

    [Fact]
    public async Task Delete_WithIfMatch_PassesTheEtagAndAnswers204()
    {
        var answer = await _sidecar.Http.SendTextAsync(
            "DELETE", "/v1.0/state/fake/k?concurrency=last-write&consistency=eventual", headers: ("If-Match", "7"));

        Assert.Equal("204", answer);
        Assert.Equal(
            new StateDelete("app||k", "7", Concurrency.LastWrite) { Consistency = Consistency.Eventual }, Assert.Single(_store.Operations));
    }

    [Theory]
    [InlineData("/v1.0/state/fake/a%2Fb", "app||a/b")]
    [InlineData("/v1.0/state/fake/a%252Fb", "app||a%2Fb")]
    [InlineData("/v1.0/state/fake/a+b%2B", "app||a b+")]
    [InlineData("/v1.0/state/fake/%E4%BD%A0/", "app||你")]
    [InlineData("/v1.0//state/fake//k", "app||k")]
    public async Task Key_InThePath_IsQueryUnescaped(string path, string key)
    {
        await _sidecar.Http.SendTextAsync("DELETE", path);

        Assert.Equal(key, Assert.Single(_store.Operations).Key);
    }

    [Fact]
    public async Task BulkGet_SomeKeys_KeepsTheOrderAndLeavesOutWhatIsMissing()
    {
        _store.Put(new StateItem("app||a", "{\"x\": 1}"u8.ToArray(), "1"));
        _store.Put(new StateItem("app||c", "\"t\""u8.ToArray(), "2", new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero)));
        _store.Put(new StateItem("app||raw", new byte[] { 0xff, 0x00 }, "3"));

        var some = await _sidecar.Http.SendTextAsync("POST", "/v1.0/state/fake/bulk", """{"keys":["c","b","a","raw"],"parallelism":2,"metadata":{"m":"x"}}""");
        var none = await _sidecar.Http.SendTextAsync("PUT", "/v1.0/state/fake/bulk", """{"keys":[]}""");

        Assert.Equal(
            """200 [{"key":"c","data":"t","etag":"2","metadata":{"ttlExpireTime":"2026-02-03T04:05:06Z"}},{"key":"b"},{"key":"a","data":{"x": 1},"etag":"1"},{"key":"raw","error":"the value is not JSON; read it by its own key"}]""",
            some);
        Assert.Equal("200 []", none);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"keys":"a"}""")]
    [InlineData("""{"keys":[1]}""")]
    [InlineData("""{"keys":["a"],"parallelism":"many"}""")]
    public async Task BulkGet_MalformedBody_Is400(string body)
    {
        var answer = await _sidecar.Http.SendTextAsync("POST", "/v1.0/state/fake/bulk", body);

        Assert.StartsWith("""400 {"errorCode":"ERR_MALFORMED_REQUEST",""", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Transaction_ItsOperations_ReachTheStoreTogetherAndInOrder()
    {
        var answer = await _sidecar.Http.SendTextAsync(
            "POST",
            "/v1.0/state/fake/transaction",
            """{"operations":[{"operation":"upsert","request":{"key":"a","value":{"n": 1}}},{"operation":"delete","request":{"key":"b","etag":"4"}}],"metadata":{"ttlInSeconds":"5"}}""");
        var empty = await _sidecar.Http.SendTextAsync("PUT", "/v1.0/state/fake/transaction", "{}");

        Assert.Equal(("204", "204"), (answer, empty));
        var set = Assert.IsType<StateSet>(_store.Operations[0]);
        Assert.Equal(("app||a", 5, "{\"n\": 1}"), (set.Key, set.TtlSeconds, Encoding.UTF8.GetString(set.Value.Span)));
        Assert.Equal(new StateDelete("app||b", "4"), _store.Operations[1]);
        Assert.Equal(1, _store.Calls);
    }

    [Theory]
    [InlineData(null, "order||k")]
    [InlineData("appid", "order||k")]
    [InlineData("NAME", "store||k")]
    [InlineData("none", "k")]
    [InlineData("namespace", "order||k")]
    [InlineData("Shop", "Shop||k")]
    public async Task KeyPrefix_EachStrategy_GivesTheStoredKey(string? strategy, string key)
    {
        var store = new FakeStateStore();
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            AppId = "order",
            Resources = [strategy is null ? Yaml.Component("store", "state.fake") : Yaml.Component("store", "state.fake", ("KeyPrefix", strategy))],
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.fake"] = () => store },
        });

        await sidecar.Http.SendTextAsync("POST", "/v1.0/state/store", """[{"key":"k"}]""");

        Assert.Equal(key, Assert.Single(store.Operations).Key);
    }

    [Fact]
    public async Task Save_ABodyOverTheLimit_IsMalformedNot413()
    {
        await using var small = await RunningSidecar.StartAsync(new SidecarSetup
        {
            Resources = [Yaml.Component("store", "state.in-memory")],
            Options = options => options with { MaxBodySizeBytes = 1024 },
        });
        const string Expected = """400 {"errorCode":"ERR_MALFORMED_REQUEST","message":"failed deserializing HTTP body: http: request body too large"}""";
        var body = $$"""[{"key":"k","value":"{{new string('x', 200_000)}}"}]""";

        var answer = await small.Http.SendTextAsync("POST", "/v1.0/state/store", body);
        var chunked = await small.Http.SendTextAsync("POST", "/v1.0/state/store", body, ("Transfer-Encoding", "chunked"));
        var stored = await small.Http.SendTextAsync("GET", "/v1.0/state/store/k");

        Assert.Equal(Expected, answer);
        Assert.Equal(Expected, chunked);
        Assert.Equal("204", stored);
    }
}
