using System.Globalization;
using System.Text.Json;
using Dapr;
using Dapr.Actors;
using Dapr.Actors.Communication;
using Dapr.Actors.Runtime;
using DaprShop.TestKit;
using DaprShop.Tests.Client;
using Microsoft.AspNetCore.Http;

namespace DaprShop.Tests.Actors;

public sealed class StateManagerTests : IAsyncLifetime
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    private readonly Dictionary<string, (string Json, DateTimeOffset? Expires)> _stored = [];
    private readonly ManualClock _clock = new();
    private RecordingSidecar _sidecar = null!;
    private IActorStateManager _state = null!;

    public async Task InitializeAsync()
    {
        _sidecar = await RecordingSidecar.StartAsync();
        _sidecar.Answer = AnswerAsync;
        var host = new ActorHost(ActorTypeInformation.Get(typeof(CounterActor), null!), new ActorId("a"), Web, null!, null!, null!)
        {
            StateStore = new ActorStateStore(new ActorSidecar(_sidecar.Endpoint, ""), "Counter", new ActorId("a"), Web, _clock),
            Clock = _clock,
        };
        _state = new ActorStateManager(host);
    }

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Fact]
    public async Task Get_Twice_AsksTheStoreOnce()
    {
        _stored["sum"] = ("""{"number":1,"text":"x"}""", null);

        var first = await _state.GetStateAsync<Sum>("sum");
        var second = await _state.TryGetStateAsync<Sum>("sum");

        Assert.Equal(new Sum(1, "x"), first);
        Assert.Same(first, second.Value);
        Assert.Equal("GET /v1.0/actors/Counter/a/state/sum", _sidecar.Request.Line);
    }

    [Fact]
    public async Task Get_Missing_IsKnownByEachWayOfAsking()
    {
        Assert.False((await _state.TryGetStateAsync<int>("n")).HasValue);
        Assert.False(await _state.ContainsStateAsync("n"));
        Assert.False(await _state.TryRemoveStateAsync("n"));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => _state.GetStateAsync<int>("n"));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => _state.RemoveStateAsync("n"));
    }

    [Fact]
    public async Task Add_Existing_IsRefusedWhetherRememberedOrStored()
    {
        _stored["old"] = ("1", null);
        await _state.AddStateAsync("new", 1);

        Assert.False(await _state.TryAddStateAsync("old", 2));
        Assert.False(await _state.TryAddStateAsync("new", 2, TimeSpan.FromSeconds(1)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _state.AddStateAsync("old", 2));
    }

    [Fact]
    public async Task Save_Changes_AreOneRequestAndThenNone()
    {
        _stored["changed"] = ("1", null);
        _stored["gone"] = ("1", null);
        _stored["read"] = ("1", null);
        await _state.SetStateAsync("changed", 2);
        await _state.RemoveStateAsync("gone");
        await _state.AddStateAsync("short", "s", TimeSpan.FromMilliseconds(1500));
        await _state.GetStateAsync<int>("read");
        await _state.AddStateAsync("never", 1);
        await _state.RemoveStateAsync("never");

        await _state.SaveStateAsync();
        await _state.SaveStateAsync();

        Assert.Equal(
            """[{"operation":"upsert","request":{"key":"changed","value":2}},{"operation":"delete","request":{"key":"gone"}},{"operation":"upsert","request":{"key":"short","value":"s","metadata":{"ttlInSeconds":"2"}}}]""",
            Assert.Single(Writes()));
        Assert.False(await _state.ContainsStateAsync("never"));
    }

    [Fact]
    public async Task Save_Refused_KeepsTheChanges()
    {
        await _state.SetStateAsync("n", 1);
        _sidecar.Answer = context =>
        {
            context.Response.StatusCode = 500;
            return context.Response.WriteAsync("""{"errorCode":"ERR_ACTOR_STATE_TRANSACTION_SAVE","message":"down"}""");
        };
        var refusal = await Assert.ThrowsAsync<DaprApiException>(() => _state.SaveStateAsync());
        _sidecar.Answer = AnswerAsync;

        await _state.SaveStateAsync();

        Assert.Equal("ERR_ACTOR_STATE_TRANSACTION_SAVE", refusal.ErrorCode);
        Assert.Equal(2, Writes().Count);
        Assert.Equal(Writes()[0], Writes()[1]);
    }

    [Fact]
    public async Task Update_OfWhatIs_MakesTheNextValue()
    {
        _stored["n"] = ("5", null);

        var next = await _state.AddOrUpdateStateAsync("n", 1, (_, n) => n * 2);
        var added = await _state.AddOrUpdateStateAsync("m", 1, (_, m) => m * 2, TimeSpan.FromSeconds(9));
        var found = await _state.GetOrAddStateAsync("n", 0);
        var fresh = await _state.GetOrAddStateAsync("k", 3);
        await _state.SaveStateAsync();

        Assert.Equal((10, 1, 10, 3), (next, added, found, fresh));
        Assert.Equal(
            """[{"operation":"upsert","request":{"key":"n","value":10}},{"operation":"upsert","request":{"key":"m","value":1,"metadata":{"ttlInSeconds":"9"}}},{"operation":"upsert","request":{"key":"k","value":3}}]""",
            Assert.Single(Writes()));
    }

    [Fact]
    public async Task Lifetime_ThatIsOver_MeansThereIsNothing()
    {
        _stored["old"] = ("1", _clock.GetUtcNow().AddSeconds(2));
        await _state.SetStateAsync("new", 1, TimeSpan.FromSeconds(2));
        var before = (await _state.GetStateAsync<int>("old"), await _state.ContainsStateAsync("new"));

        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal((1, true), before);
        Assert.False((await _state.TryGetStateAsync<int>("old")).HasValue);
        Assert.False(await _state.ContainsStateAsync("new"));
        Assert.True(await _state.TryAddStateAsync("old", 7));
    }

    [Fact]
    public async Task Remove_ThenAdd_ReplacesWhatIsStored()
    {
        _stored["n"] = ("1", null);
        await _state.RemoveStateAsync("n");
        var between = await _state.ContainsStateAsync("n");

        await _state.AddStateAsync("n", 2);
        await _state.SaveStateAsync();

        Assert.False(between);
        Assert.Equal("""[{"operation":"upsert","request":{"key":"n","value":2}}]""", Assert.Single(Writes()));
    }

    [Fact]
    public async Task Unload_Changed_NeedsPermission()
    {
        _stored["n"] = ("1", null);
        await _state.SetStateAsync("n", 2);

        await Assert.ThrowsAsync<InvalidOperationException>(() => _state.UnloadStateAsync("n"));
        await _state.UnloadStateAsync("n", new UnloadStateOptions { AllowUnloadingWhenStateModified = true });
        await _state.UnloadStateAsync("unknown");

        Assert.Equal(1, await _state.GetStateAsync<int>("n"));
    }

    [Fact]
    public async Task Clear_Everything_ReadsAnew()
    {
        _stored["n"] = ("1", null);
        await _state.SetStateAsync("n", 2);

        await _state.ClearCacheAsync();
        await _state.SaveStateAsync();

        Assert.Equal(1, await _state.GetStateAsync<int>("n"));
        Assert.Empty(Writes());
    }

    private List<string> Writes() =>
        [.. _sidecar.Requests.Where(request => request.Line == "PUT /v1.0/actors/Counter/a/state").Select(request => request.Body)];

    private Task AnswerAsync(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method) && _stored.TryGetValue(context.Request.Path.Value!.Split('/')[^1], out var found))
        {
            if (found.Expires is { } expires)
            {
                context.Response.Headers["metadata.ttlExpireTime"] = expires.ToString("O", CultureInfo.InvariantCulture);
            }

            return context.Response.WriteAsync(found.Json);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
