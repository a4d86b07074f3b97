using System.Security.Authentication;
using System.Text.Json;
using Dapr;
using Dapr.Actors;
using Dapr.Actors.Client;
using DaprShop.Tests.Client;

namespace DaprShop.Tests.Actors;

public sealed class ProxyTests
{
    [Fact]
    public async Task Invoke_ByName_SendsJsonAndReadsIt()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, """{"number":3,"text":"t"}""");
        var proxy = Proxy(sidecar, "a b/c", options => options.DaprApiToken = "secret");

        var answer = await proxy.InvokeMethodAsync<Sum, Sum>("Do", new Sum(1, "x"));

        Assert.Equal(new Sum(3, "t"), answer);
        Assert.Equal("PUT /v1.0/actors/Counter/a%20b%2Fc/method/Do", sidecar.Request.Line);
        Assert.Equal("""{"number":1,"text":"x"}""", sidecar.Request.Body);
        Assert.Equal("application/json; charset=utf-8", sidecar.Request.Header("Content-Type"));
        Assert.Equal("secret", sidecar.Request.Header("dapr-api-token"));
        Assert.Null(sidecar.Request.Header("X-DaprRequestHeader"));
    }

    [Fact]
    public async Task Invoke_WithoutArgumentOrResult_HasNoBody()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200);
        var proxy = Proxy(sidecar, "a");

        await proxy.InvokeMethodAsync("Do");
        await proxy.InvokeMethodAsync("Take", 7);
        var nothing = await proxy.InvokeMethodAsync<int>("Give");

        Assert.Equal(0, nothing);
        Assert.Equal(["", "7", ""], sidecar.Requests.Select(request => request.Body));
        Assert.Null(sidecar.Requests.First().Header("Content-Type"));
        Assert.Null(sidecar.Requests.First().Header("dapr-api-token"));
    }

    [Fact]
    public async Task Invoke_Refused_IsAnApiExceptionWithItsCode()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(500, """{"errorCode":"ERR_ACTOR_INVOKE_METHOD","message":"no luck"}""");

        var refusal = await Assert.ThrowsAsync<DaprApiException>(() => Proxy(sidecar, "a").InvokeMethodAsync("Do"));

        Assert.Equal("ERR_ACTOR_INVOKE_METHOD", refusal.ErrorCode);
        Assert.EndsWith("was answered 500: no luck", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoke_RefusedInOtherWords_QuotesThem()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(502, "bad gateway");

        var refusal = await Assert.ThrowsAsync<DaprApiException>(() => Proxy(sidecar, "a").InvokeMethodAsync("Do"));

        Assert.Equal("UNKNOWN", refusal.ErrorCode);
        Assert.EndsWith("was answered 502: bad gateway", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task Invoke_WrongToken_IsAnAuthenticationException(int status)
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(status);

        await Assert.ThrowsAsync<AuthenticationException>(() => Proxy(sidecar, "a").InvokeMethodAsync("Do"));
    }

    [Fact]
    public async Task Invoke_AnswerThatDoesNotFit_IsAJsonException()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, "\"text\"");

        await Assert.ThrowsAsync<JsonException>(() => Proxy(sidecar, "a").InvokeMethodAsync<int>("Do"));
    }

    [Fact]
    public async Task Invoke_DotSegment_IsRefusedBeforeItIsSent()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200);

        await Assert.ThrowsAsync<ArgumentException>(() => Proxy(sidecar, "..").InvokeMethodAsync("Do"));
        Assert.Empty(sidecar.Requests);
    }

    [Fact]
    public async Task Invoke_LongerThanItsLimit_IsCancelled()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        sidecar.Answer = context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        var proxy = Proxy(sidecar, "a", options => options.RequestTimeout = TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAsync<TaskCanceledException>(() => proxy.InvokeMethodAsync("Do"));
    }

    [Fact]
    public void ActorId_Values_CompareByTheirText()
    {
        var (one, same, other) = (new ActorId("1"), new ActorId("1"), new ActorId("2"));

        Assert.True(one == same && one.Equals((object)same) && one.GetHashCode() == same.GetHashCode());
        Assert.True(one != other && one.CompareTo(other) < 0 && one.CompareTo(null!) > 0);
        Assert.True(null! == (ActorId)null! && one != null!);
        Assert.NotEqual(ActorId.CreateRandom(), ActorId.CreateRandom());
        Assert.Throws<ArgumentException>(() => new ActorId(" "));
        Assert.Equal("\"1\"", JsonSerializer.Serialize(one));
        Assert.Equal(one, JsonSerializer.Deserialize<ActorId>("\"1\""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ActorId>("1"));
    }

    private static ActorProxy Proxy(RecordingSidecar sidecar, string id, Action<ActorProxyOptions>? configure = null)
    {
        var options = new ActorProxyOptions { HttpEndpoint = sidecar.Endpoint + "/", DaprApiToken = "" };
        configure?.Invoke(options);
        return new ActorProxyFactory(options).Create(new ActorId(id), "Counter");
    }
}
