using System.Text;
using System.Text.Json;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Communication;
using DaprShop.Tests.Client;

namespace DaprShop.Tests.Actors;

public sealed class RemotingTests
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    [Fact]
    public async Task Proxy_StronglyTyped_CallsWithSeveralArguments()
    {
        await using var app = await HostedApp.StartAsync();
        var proxy = app.Proxies.CreateActorProxy<ICounter>(new ActorId("a"), "Counter");

        var sum = await proxy.Combine(2, "x", new Sum(40, "y"), CancellationToken.None);
        await proxy.Add(5);
        var value = await proxy.Value(CancellationToken.None);

        Assert.Equal(new Sum(42, "xy"), sum);
        Assert.Equal(5, value);
        Assert.Equal(("a", "Counter"), (((IActorProxy)proxy).ActorId.GetId(), ((IActorProxy)proxy).ActorType));
        var request = app.Sidecar.Requests.First();
        Assert.Equal("PUT /v1.0/actors/Counter/a/method/Combine", request.Line);
        Assert.Equal("""{"value":{"first":2,"second":"x","third":{"number":40,"text":"y"}}}""", request.Body);
        Assert.Equal("application/octet-stream; charset=utf-8", request.Header("Content-Type"));
    }

    [Fact]
    public async Task Proxy_MethodThatThrows_TellsTheTypeAndTheMessage()
    {
        await using var app = await HostedApp.StartAsync();
        var proxy = app.Proxies.CreateActorProxy<ICounter>(new ActorId("a"), "Counter");

        var failure = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => proxy.Fail("größer"));

        var inner = Assert.IsType<ActorInvokeException>(failure.InnerException);
        Assert.Equal(("System.InvalidOperationException", "größer"), (inner.ActualExceptionType, inner.Message));
        Assert.False(failure.IsTransient);
        Assert.Contains("failed Fail: größer", app.Diary.Lines);
    }

    [Fact]
    public async Task Proxy_HostWithoutJson_IsToldWhatToSet()
    {
        await using var app = await HostedApp.StartAsync(options => options.UseJsonSerialization = false);
        var proxy = new ActorProxyFactory(new ActorProxyOptions { HttpEndpoint = app.Sidecar.Endpoint, UseJsonSerialization = true })
            .CreateActorProxy<ICounter>(new ActorId("a"), "Counter");

        var failure = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => proxy.Add(1));

        Assert.Contains("UseJsonSerialization", failure.Message, StringComparison.Ordinal);
        Assert.Empty(app.Diary.Lines);
    }

    [Fact]
    public void Proxy_StronglyTypedWithoutJson_IsRefusedAtOnce()
    {
        var mistake = Assert.Throws<NotSupportedException>(() => new ActorProxyFactory().CreateActorProxy<ICounter>(new ActorId("a"), "Counter"));

        Assert.Contains("UseJsonSerialization", mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(IOverloaded), "overloaded")]
    [InlineData(typeof(ISynchronous), "Task")]
    [InlineData(typeof(IGenericMethod), "generic")]
    [InlineData(typeof(IEarlyToken), "token")]
    [InlineData(typeof(IDisposable), "IActor")]
    public void Proxy_InterfaceThatCannotBeCalled_IsRefusedWithTheReason(Type type, string reason)
    {
        var factory = new ActorProxyFactory(new ActorProxyOptions { UseJsonSerialization = true });

        var mistake = Assert.Throws<ArgumentException>(() => factory.CreateActorProxy(new ActorId("a"), type, "T"));

        Assert.Contains(reason, mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Header_OfACall_IsTheDataContractTheOtherImplementationReads()
    {
        var call = new RemotingCall(InterfaceId: 11, MethodId: -22, "Add", "Counter", "zwölf & \"13\"");

        var header = RemotingHeader.Write(call);

        Assert.Equal(
            """<z:anyType xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:d1p1="urn:actors" i:type="d1p1:ActorHeader" xmlns:z="http://schemas.microsoft.com/2003/10/Serialization/"><d1p1:MethodId>-22</d1p1:MethodId><d1p1:InterfaceId>11</d1p1:InterfaceId><d1p1:ActorId xmlns:d2p1="http://schemas.datacontract.org/2004/07/Dapr.Actors"><d2p1:ActorId>zw&#xF6;lf &amp; "13"</d2p1:ActorId></d1p1:ActorId><d1p1:CallContext i:nil="true" /><d1p1:Headers xmlns:d2p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays" /><d1p1:MethodName>Add</d1p1:MethodName><d1p1:ActorType>Counter</d1p1:ActorType></z:anyType>""",
            header);
        Assert.Equal(call, RemotingHeader.Read(header));
    }

    [Fact]
    public void Ids_OfNames_AreTheLowHalfOfTheirCrc64()
    {
        Assert.Equal(0x62EC59E3F1A4F00Aul, InterfaceIds.Crc64("123456789"u8));
        Assert.Equal(
            unchecked((int)InterfaceIds.Crc64(Encoding.UTF8.GetBytes("DaprShop.Tests.ActorsICounter"))), InterfaceIds.Of(typeof(ICounter)));
        Assert.Equal(
            unchecked((int)InterfaceIds.Crc64(Encoding.UTF8.GetBytes("ICounterDaprShop.Tests.ActorsAdd"))),
            InterfaceIds.Of(typeof(ICounter).GetMethod(nameof(ICounter.Add))!));
    }

    [Fact]
    public void Body_Tuples_KeepTheirFields()
    {
        var parameters = typeof(ITuples).GetMethod(nameof(ITuples.Take))!.GetParameters();

        var body = RemotingBody.WriteArguments(parameters, [(1, "a"), null], Web);
        var arguments = RemotingBody.ReadArguments(body, parameters, Web);

        Assert.Equal("""{"value":{"pair":{"item1":1,"item2":"a"},"other":null}}""", Encoding.UTF8.GetString(body));
        Assert.Equal([(1, "a"), null], arguments);
    }

    [Theory]
    [InlineData("""{"value":null}""")]
    [InlineData("""{"value":{}}""")]
    [InlineData("{}")]
    [InlineData("")]
    public void Body_WithoutAMember_HasItsDefault(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);

        Assert.Equal(0, RemotingBody.ReadResult(bytes, typeof(int), Web));
        Assert.Null(RemotingBody.ReadResult(bytes, typeof(string), Web));
    }

    [Fact]
    public void Body_ThatIsNoObject_IsRefused() => Assert.Throws<JsonException>(() => RemotingBody.ReadResult("[1]"u8.ToArray(), typeof(int), Web));

    [Fact]
    public async Task Chain_IdOfTheTurn_GoesOnWithItsCallsAndNoFurther()
    {
        await using var app = await HostedApp.StartAsync();

        var answer = await app.CallAsync("a", "AddByWayOf", "\"b\"", ("Dapr-Reentrancy-Id", "chain-1"));
        await app.Proxies.CreateActorProxy<ICounter>(new ActorId("c"), "Counter").Add(1);

        Assert.Equal("1", answer.Body);
        Assert.Equal("chain-1", Method("b").Header("Dapr-Reentrancy-Id"));
        Assert.Null(Method("c").Header("Dapr-Reentrancy-Id"));

        RecordedRequest Method(string id) => app.Sidecar.Requests.Single(request => request.Line == $"PUT /v1.0/actors/Counter/{id}/method/Add");
    }

    [Fact]
    public async Task Chain_ThatEntersAnActorAgain_HasAMemoryOfItsOwn()
    {
        await using var app = await HostedApp.StartAsync();

        // The inner turn stores 1 over the outer one's unfinished 1; without memories of their own it would see it and store 2.
        var answer = await app.CallAsync("a", "AddByWayOf", "\"a\"", ("Dapr-Reentrancy-Id", "chain-1"));

        Assert.Equal("1", answer.Body);
        Assert.Equal(2, app.Writes.Count());
    }

    public interface IOverloaded : IActor
    {
        Task Act();

        Task Act(int times);
    }

    public interface ISynchronous : IActor
    {
        int Act();
    }

    public interface IGenericMethod : IActor
    {
        Task Act<T>(T what);
    }

    public interface IEarlyToken : IActor
    {
#pragma warning disable CA1068 // What is refused is a token in this very place.
        Task Act(CancellationToken first, int second);
#pragma warning restore CA1068
    }

    public interface ITuples : IActor
    {
        Task Take((int, string) pair, string? other);
    }
}
