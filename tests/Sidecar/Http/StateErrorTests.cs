using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.Http;

/// <summary>Every row of dapr-contract.md 4.3, byte for byte.</summary>
public sealed class StateErrorTests : IAsyncLifetime
{
    private readonly FakeStateStore _store = new();
    private readonly FakeStateStore _plain = new(StateCapabilities.Etag);
    private RunningSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await RunningSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("store", "state.fake"), Yaml.Component("plain", "state.plain")],
        Drivers = new Dictionary<string, Func<IComponent>> { ["state.fake"] = () => _store, ["state.plain"] = () => _plain },
    });

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Theory]
    [InlineData("GET", "/v1.0/state/nope/k", null)]
    [InlineData("POST", "/v1.0/state/nope", "garbage")]
    [InlineData("PUT", "/v1.0/state/nope", "[]")]
    [InlineData("DELETE", "/v1.0/state/nope/k", null)]
    [InlineData("POST", "/v1.0/state/nope/bulk", "garbage")]
    [InlineData("POST", "/v1.0/state/nope/transaction", "garbage")]
    [InlineData("POST", "/v1.0-alpha1/state/nope/query", "{}")]
    public async Task UnknownStore_AnyOperation_Is400BeforeTheBodyIsRead(string method, string path, string? body)
    {
        var answer = await _sidecar.Http.SendTextAsync(method, path, body);

        Assert.Equal(
            """400 {"errorCode":"ERR_STATE_STORE_NOT_FOUND","message":"state store nope is not found","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"DAPR_STATE_NOT_FOUND","domain":"dapr.io","metadata":{"appID":"app"}}]}""",
            answer);
    }

    [Theory]
    [InlineData("GET", "/v1.0/state/store/k", null)]
    [InlineData("POST", "/v1.0/state/store", "garbage")]
    public async Task NoStoreAtAll_AnyOperation_Is500BeforeTheBodyIsRead(string method, string path, string? body)
    {
        await using var bare = await RunningSidecar.StartAsync();

        var answer = await bare.Http.SendTextAsync(method, path, body);

        Assert.Equal(
            """500 {"errorCode":"ERR_STATE_STORE_NOT_CONFIGURED","message":"state store store is not configured","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"DAPR_STATE_NOT_CONFIGURED","domain":"dapr.io","metadata":{"appID":"app"}}]}""",
            answer);
    }

    [Theory]
    [InlineData("GET", "/v1.0/state/store/a%7C%7Cb", null)]
    [InlineData("POST", "/v1.0/state/store", """[{"key":"ok","value":1},{"key":"a||b","value":1}]""")]
    [InlineData("DELETE", "/v1.0/state/store/a%7C%7Cb", null)]
    [InlineData("POST", "/v1.0/state/store/bulk", """{"keys":["a||b"]}""")]
    [InlineData("POST", "/v1.0/state/store/transaction", """{"operations":[{"operation":"upsert","request":{"key":"a||b"}}]}""")]
    public async Task KeyWithTwoPipes_AnyOperation_Is400WithTheKeyAsViolation(string method, string path, string? body)
    {
        var answer = await _sidecar.Http.SendTextAsync(method, path, body);

        Assert.Equal(
            """400 {"errorCode":"ERR_MALFORMED_REQUEST","message":"input key/keyPrefix 'a||b' can't contain '||'","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"DAPR_STATE_ILLEGAL_KEY","domain":"dapr.io","metadata":null},{"@type":"type.googleapis.com/google.rpc.ResourceInfo","resource_type":"state","resource_name":"store","owner":"","description":""},{"@type":"type.googleapis.com/google.rpc.BadRequest","field_violations":[{"field":"a||b","description":"input key/keyPrefix 'a||b' can't contain '||'"}]}]}""",
            answer);
        Assert.Empty(_store.Operations);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("garbage")]
    [InlineData("[{}]")]
    [InlineData("[1]")]
    [InlineData("""[{"key":"k","value":1,}]""")]
    [InlineData("""[{"key":"k","value":1},]""")]
    [InlineData("""[{"key":"k","etag":1}]""")]
    [InlineData("""[{"key":1}]""")]
    [InlineData("""[{"key":""}]""")]
    [InlineData("""[{"key":"k","metadata":{"ttlInSeconds":1}}]""")]
    [InlineData("""[{"key":"k","options":[]}]""")]
    [InlineData("""[{"key":"k"}] x""")]
    [InlineData("""[{"key":"k","value":""")]
    public async Task Save_MalformedBody_Is400AndNothingIsStored(string body)
    {
        var answer = await _sidecar.Http.SendTextAsync("POST", "/v1.0/state/store", body);

        Assert.StartsWith("""400 {"errorCode":"ERR_MALFORMED_REQUEST","message":"failed deserializing HTTP body: """, answer, StringComparison.Ordinal);
        Assert.Empty(_store.Operations);
    }

    [Fact]
    public async Task Save_WithoutKey_SaysWhichFieldIsMissing()
    {
        var answer = await _sidecar.Http.SendTextAsync("POST", "/v1.0/state/store", """[{"value":1}]""");

        Assert.Equal(
            """400 {"errorCode":"ERR_MALFORMED_REQUEST","message":"failed deserializing HTTP body: \"key\" is a required field"}""", answer);
    }

    [Theory]
    [InlineData("GET", "/v1.0/state/store/k", null, """500 {"errorCode":"ERR_STATE_GET","message":"fail to get k from state store store: disk gone"}""")]
    [InlineData("POST", "/v1.0/state/store", """[{"key":"k"}]""", """500 {"errorCode":"ERR_STATE_SAVE","message":"failed saving state in state store store: disk gone"}""")]
    [InlineData("DELETE", "/v1.0/state/store/k", null, """500 {"errorCode":"ERR_STATE_DELETE","message":"failed deleting state with key k: disk gone"}""")]
    [InlineData("POST", "/v1.0/state/store/bulk", """{"keys":["k"]}""", """500 {"errorCode":"ERR_STATE_BULK_GET","message":"disk gone"}""")]
    [InlineData("POST", "/v1.0/state/store/transaction", """{"operations":[{"operation":"delete","request":{"key":"k"}}]}""", """500 {"errorCode":"ERR_STATE_TRANSACTION","message":"error while executing state transaction: disk gone"}""")]
    public async Task FailingStore_EachOperation_Is500WithItsOwnCode(string method, string path, string? body, string expected)
    {
        _store.Fault = new ComponentException(ComponentFault.Failed, "disk gone");

        var answer = await _sidecar.Http.SendTextAsync(method, path, body);

        Assert.Equal(expected, answer);
    }

    [Fact]
    public async Task FailingStore_AnExceptionOfTheDriversLibrary_IsAnsweredTheSameWay()
    {
        _store.Fault = new IOException("pipe broken");

        var answer = await _sidecar.Http.SendTextAsync("GET", "/v1.0/state/store/k");

        Assert.Equal("""500 {"errorCode":"ERR_STATE_GET","message":"fail to get k from state store store: pipe broken"}""", answer);
    }

    [Theory]
    [InlineData("POST", "/v1.0/state/store", """[{"key":"k","etag":"1"}]""", """409 {"errorCode":"ERR_STATE_SAVE","message":"failed saving state in state store store: possible etag mismatch. error from state store: it moved"}""")]
    [InlineData("DELETE", "/v1.0/state/store/k", null, """409 {"errorCode":"ERR_STATE_DELETE","message":"failed deleting state with key k: possible etag mismatch. error from state store: it moved"}""")]
    [InlineData("POST", "/v1.0/state/store/transaction", """{"operations":[{"operation":"upsert","request":{"key":"k","etag":"1"}}]}""", """500 {"errorCode":"ERR_STATE_TRANSACTION","message":"error while executing state transaction: possible etag mismatch. error from state store: it moved"}""")]
    public async Task EtagMismatch_EachOperation_Is409ExceptInATransaction(string method, string path, string? body, string expected)
    {
        _store.Fault = new ComponentException(ComponentFault.EtagMismatch, "it moved");

        var answer = await _sidecar.Http.SendTextAsync(method, path, body);

        Assert.Equal(expected, answer);
    }

    [Theory]
    [InlineData("POST", "/v1.0/state/store", """[{"key":"k","etag":"x"}]""", """400 {"errorCode":"ERR_STATE_SAVE","message":"failed saving state in state store store: invalid etag value: not a number"}""")]
    [InlineData("DELETE", "/v1.0/state/store/k", null, """400 {"errorCode":"ERR_STATE_DELETE","message":"failed deleting state with key k: invalid etag value: not a number"}""")]
    public async Task InvalidEtag_SaveAndDelete_Is400(string method, string path, string? body, string expected)
    {
        _store.Fault = new ComponentException(ComponentFault.EtagInvalid, "not a number");

        var answer = await _sidecar.Http.SendTextAsync(method, path, body);

        Assert.Equal(expected, answer);
    }

    [Theory]
    [InlineData("""[{"key":"k","options":{"concurrency":"maybe"}}]""", "unrecognized concurrency model 'maybe'")]
    [InlineData("""[{"key":"k","options":{"consistency":"weak"}}]""", "unrecognized consistency model 'weak'")]
    [InlineData("""[{"key":"k","metadata":{"ttlInSeconds":"soon"}}]""", "incorrect value for metadata 'ttlInSeconds': 'soon' is not a whole number")]
    public async Task Save_OptionsNoStoreKnows_AreTheStoresErrorNotTheBodys(string body, string why)
    {
        var answer = await _sidecar.Http.SendTextAsync("POST", "/v1.0/state/store", body);

        Assert.Equal($$"""500 {"errorCode":"ERR_STATE_SAVE","message":"failed saving state in state store store: {{why}}"}""", answer);
        Assert.Empty(_store.Operations);
    }

    [Fact]
    public async Task Delete_AnUnknownConcurrency_IsTheStoresError()
    {
        var answer = await _sidecar.Http.SendTextAsync("DELETE", "/v1.0/state/store/k?concurrency=maybe");

        Assert.Equal("""500 {"errorCode":"ERR_STATE_DELETE","message":"failed deleting state with key k: unrecognized concurrency model 'maybe'"}""", answer);
    }

    [Fact]
    public async Task Transaction_AStoreWithoutTransactions_Is500WithAHelpLink()
    {
        var answer = await _sidecar.Http.SendTextAsync("POST", "/v1.0/state/plain/transaction", """{"operations":[]}""");

        Assert.Equal(
            """500 {"errorCode":"ERR_STATE_STORE_NOT_SUPPORTED","message":"state store plain doesn't support transactions","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"DAPR_STATE_TRANSACTIONS_NOT_SUPPORTED","domain":"dapr.io","metadata":null},{"@type":"type.googleapis.com/google.rpc.ResourceInfo","resource_type":"state","resource_name":"plain","owner":"","description":""},{"@type":"type.googleapis.com/google.rpc.Help","links":[{"url":"https://docs.dapr.io/reference/components-reference/supported-state-stores/","description":"Check the list of state stores and the features they support"}]}]}""",
            answer);
    }

    [Fact]
    public async Task Transaction_AnUnknownOperation_Is400AndNothingIsDone()
    {
        var answer = await _sidecar.Http.SendTextAsync(
            "POST",
            "/v1.0/state/store/transaction",
            """{"operations":[{"operation":"upsert","request":{"key":"a","value":1}},{"operation":"rename","request":{"key":"b"}}]}""");

        Assert.Equal("""400 {"errorCode":"ERR_NOT_SUPPORTED_STATE_OPERATION","message":"operation type rename not supported"}""", answer);
        Assert.Empty(_store.Operations);
    }

    [Fact]
    public async Task Query_AnyStore_Is500NotSupported()
    {
        var answer = await _sidecar.Http.SendTextAsync("PUT", "/v1.0-alpha1/state/store/query", "{}");

        Assert.Equal(
            """500 {"errorCode":"ERR_STATE_STORE_NOT_SUPPORTED","message":"state store does not support querying","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"DAPR_STATE_QUERYING_NOT_SUPPORTED","domain":"dapr.io","metadata":null},{"@type":"type.googleapis.com/google.rpc.ResourceInfo","resource_type":"state","resource_name":"store","owner":"","description":""}]}""",
            answer);
    }

    [Fact]
    public async Task EtagMismatch_UnderARetryPolicy_IsNotRetried()
    {
        var store = new FakeStateStore { Fault = new ComponentException(ComponentFault.EtagMismatch, "it moved") };
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            Resources =
            [
                Yaml.Component("store", "state.fake"),
                """
                apiVersion: dapr.io/v1alpha1
                kind: Resiliency
                metadata: { name: r }
                spec:
                  policies: { retries: { many: { policy: constant, duration: 1ms, maxRetries: 3 } } }
                  targets: { components: { store: { outbound: { retry: many } } } }
                """,
            ],
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.fake"] = () => store },
        });

        var answer = await sidecar.Http.SendTextAsync("POST", "/v1.0/state/store", """[{"key":"k","etag":"1"}]""");

        Assert.StartsWith("409 ", answer, StringComparison.Ordinal);
        Assert.Equal(1, store.Calls);
    }
}
