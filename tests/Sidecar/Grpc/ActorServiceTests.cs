using System.Collections.Concurrent;
using System.Text;
using DaprShop.Tests.Actors;
using DaprShop.Tests.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DaprApi;

namespace DaprShop.Tests.Grpc;

public sealed class ActorServiceTests
{
    [Fact]
    public async Task Invoke_TheActor_GetsDataAndMetadataAndItsAnswerComesBack()
    {
        await using var sidecar = await ActorSidecar.StartAsync(answer: _ => new AppAnswer(200, "purr"));
        using var client = ClientOf(sidecar);

        var reply = await client.CallAsync(
            GrpcSidecar.PathOf("InvokeActor"),
            new InvokeActorRequest
            {
                ActorType = "cat",
                ActorId = "tom",
                Method = "pet/twice",
                Data = ByteString.CopyFromUtf8("gently"),
                Metadata = { ["X-Hand"] = "left", ["connection"] = "close" },
            },
            InvokeActorResponse.Parser);

        Assert.Equal("purr", reply.Data.ToStringUtf8());
        var call = Assert.Single(sidecar.Calls);
        Assert.Equal(("PUT", "/actors/cat/tom/method/pet/twice", "gently"), (call.Method, call.Target, call.Text));
        Assert.Equal("left", call.Headers["X-Hand"]);
        Assert.False(call.Headers.ContainsKey("Content-Type"));
    }

    [Fact]
    public async Task Invoke_ReentrantChain_IsOneTurn()
    {
        await using var sidecar = await ActorSidecar.StartAsync("""{"entities":["cat"],"reentrancy":{"enabled":true,"maxStackDepth":2}}""");
        using var client = ClientOf(sidecar);
        ConcurrentQueue<string> ends = [];
        sidecar.App.Hold = async request =>
        {
            if (request.Target.EndsWith("/again", StringComparison.Ordinal))
            {
                ends.Enqueue(await EndOf(client, Invoke("again", ("Dapr-Reentrancy-Id", request.Headers["Dapr-Reentrancy-Id"]))));
            }
        };

        await client.CallAsync(GrpcSidecar.PathOf("InvokeActor"), Invoke("again"), InvokeActorResponse.Parser);

        // The first call holds the turn, the second enters it, the third is one too deep.
        Assert.Equal(["8 maximum stack depth exceeded", "0"], ends);
        Assert.Equal(2, sidecar.Calls.Count);
    }

    [Fact]
    public async Task State_WrittenByATransaction_IsReadWithItsExpiry()
    {
        await using var sidecar = await ActorSidecar.StartAsync(setup: new SidecarSetup
        {
            Resources = [ActorSidecar.Store],
            Configurations = ["""
                apiVersion: dapr.io/v1alpha1
                kind: Configuration
                metadata: { name: c }
                spec: { features: [{ name: ActorStateTTL, enabled: true }] }
                """],
        });
        using var client = ClientOf(sidecar);
        await client.CallAsync(GrpcSidecar.PathOf("InvokeActor"), Invoke("wake"), InvokeActorResponse.Parser);

        await client.CallAsync(GrpcSidecar.PathOf("ExecuteActorStateTransaction"), Transaction(Upsert("a", "\x00\x01"), Upsert("b", "2", ("ttlInSeconds", "10"))), Empty.Parser);
        await client.CallAsync(GrpcSidecar.PathOf("ExecuteActorStateTransaction"), Transaction(Upsert("c", "3"), new() { OperationType = "delete", Key = "a" }), Empty.Parser);

        Assert.Equal("", await StateAsync(client, "a"));
        Assert.Equal("2 ttlExpireTime=2026-01-02T03:04:15Z", await StateAsync(client, "b"));
        Assert.Equal("3", await StateAsync(client, "c"));
        Assert.Equal("200 3", await sidecar.SendAsync("GET", "cat/tom/state/c"));
    }

    [Fact]
    public async Task Invoke_WhatCannotBe_EndsWithDaprsStatus()
    {
        await using var sidecar = await ActorSidecar.StartAsync(answer: request => request.Target.Contains("missing", StringComparison.Ordinal)
            ? new AppAnswer(404)
            : new AppAnswer(500, "no"));
        using var client = ClientOf(sidecar);

        Assert.Equal("13 error invoke actor method: error from actor service: (500) no", await EndOf(client, Invoke("m")));
        Assert.Equal("13 error invoke actor method: actor method not found: actors/cat/tom/method/missing", await EndOf(client, Invoke("missing")));
        Assert.StartsWith("3 invalid actor method: ", await EndOf(client, Invoke("a?b")), StringComparison.Ordinal);
        Assert.Equal("3 invalid actorType: name is a path traversal sequence: \"..\"", await EndOf(client, new InvokeActorRequest { ActorType = "..", ActorId = "tom", Method = "m" }));
        Assert.Equal("3 invalid actorId: name contains forbidden character: \"a/b\"", await EndOf(client, new InvokeActorRequest { ActorType = "cat", ActorId = "a/b", Method = "m" }));
        Assert.StartsWith("7 actor type \"dapr.internal.x\" is reserved", await EndOf(client, new InvokeActorRequest { ActorType = "dapr.internal.x", ActorId = "tom", Method = "m" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoke_TypeThatNobodyHosts_IsLookedForAndThenAFailedPrecondition()
    {
        await using var sidecar = await ActorSidecar.StartAsync();
        using var client = ClientOf(sidecar);

        var end = await sidecar.WhileTimePassesAsync(EndOf(client, new InvokeActorRequest { ActorType = "dog", ActorId = "rex", Method = "m" }));

        Assert.Equal("9 did not find address for actor 'dog||rex'", end);
    }

    [Fact]
    public async Task Transaction_WhatCannotBe_EndsWithDaprsStatus()
    {
        await using var sidecar = await ActorSidecar.StartAsync();
        using var client = ClientOf(sidecar);
        var asleep = await EndOf(client, Transaction(Upsert("k", "1")));
        await client.CallAsync(GrpcSidecar.PathOf("InvokeActor"), Invoke("wake"), InvokeActorResponse.Parser);

        Assert.Equal("13 actor instance is missing", asleep);
        Assert.Equal("12 operation type patch not supported", await EndOf(client, Transaction(new TransactionalActorStateOperation { OperationType = "patch", Key = "k" })));
        Assert.Equal("13 error saving actor transaction state: missing key", await EndOf(client, Transaction(Upsert("", "1"))));
        Assert.Equal(
            "13 error saving actor transaction state: ttlInSeconds is not supported without the \"ActorStateTTL\" feature enabled",
            await EndOf(client, Transaction(Upsert("k", "1", ("ttlInSeconds", "1")))));
    }

    [Fact]
    public async Task NoStore_EveryMethod_SaysWhatIsMissing()
    {
        await using var sidecar = await ActorSidecar.StartAsync(setup: new SidecarSetup());
        using var client = ClientOf(sidecar);
        var actor = (Type: "cat", Id: "tom");

        foreach (var request in (IMessage[])[
            new GetActorStateRequest { ActorType = actor.Type, ActorId = actor.Id, Key = "k" },
            Transaction(Upsert("k", "1")),
            new RegisterActorTimerRequest { ActorType = actor.Type, ActorId = actor.Id, Name = "t" },
            new UnregisterActorTimerRequest { ActorType = actor.Type, ActorId = actor.Id, Name = "t" },
            new RegisterActorReminderRequest { ActorType = actor.Type, ActorId = actor.Id, Name = "r" },
            new UnregisterActorReminderRequest { ActorType = actor.Type, ActorId = actor.Id, Name = "r" },
            new UnregisterActorRemindersByTypeRequest { ActorType = actor.Type },
            new GetActorReminderRequest { ActorType = actor.Type, ActorId = actor.Id, Name = "r" },
            new ListActorRemindersRequest { ActorType = actor.Type }])
        {
            Assert.StartsWith("13 the state store is not configured to use the actor runtime.", await EndOf(client, request), StringComparison.Ordinal);
        }
    }

    private static RawGrpcClient ClientOf(ActorSidecar sidecar) => new(new Uri($"http://127.0.0.1:{sidecar.Running.Host.Options.GrpcPort}"));

    private static InvokeActorRequest Invoke(string method, params (string Name, string Value)[] metadata)
    {
        var request = new InvokeActorRequest { ActorType = "cat", ActorId = "tom", Method = method };
        foreach (var (name, value) in metadata)
        {
            request.Metadata.Add(name, value);
        }

        return request;
    }

    private static ExecuteActorStateTransactionRequest Transaction(params TransactionalActorStateOperation[] operations) =>
        new() { ActorType = "cat", ActorId = "tom", Operations = { operations } };

    private static TransactionalActorStateOperation Upsert(string key, string value, params (string Name, string Value)[] metadata)
    {
        var operation = new TransactionalActorStateOperation { OperationType = "upsert", Key = key, Value = new Any { Value = ByteString.CopyFromUtf8(value) } };
        foreach (var (name, text) in metadata)
        {
            operation.Metadata.Add(name, text);
        }

        return operation;
    }

    private static async Task<string> StateAsync(RawGrpcClient client, string key)
    {
        var reply = await client.CallAsync(
            GrpcSidecar.PathOf("GetActorState"), new GetActorStateRequest { ActorType = "cat", ActorId = "tom", Key = key }, GetActorStateResponse.Parser);
        return string.Join(' ', [Encoding.UTF8.GetString(reply.Data.Span), .. reply.Metadata.Select(entry => $"{entry.Key}={entry.Value}")]);
    }

    private static async Task<string> EndOf(RawGrpcClient client, IMessage request)
    {
        var reply = await client.CallAsync(GrpcSidecar.PathOf(request.Descriptor.Name[..^"Request".Length]), request, default);
        return $"{reply.Status} {Uri.UnescapeDataString(reply.Message)}".TrimEnd();
    }
}
