using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Components;
using Sidecar.Grpc;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.Grpc;

/// <summary>Calls of an app's own gRPC service through two sidecars (dapr-contract.md 7.2).</summary>
public sealed class GrpcProxyTests : IAsyncLifetime
{
    private const string Say = "/test.Echo/Say";
    private const string Chat = "/test.Echo/Chat";
    private const string Wait = "/test.Echo/Wait";
    private const string Retries = """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: { name: r }
        spec:
          policies: { retries: { few: { policy: constant, duration: 1ms, maxRetries: 2 } } }
          targets: { apps: { callee: { retry: few } } }
        """;

    private readonly SharedClients _clients = new();
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<StringValue, GrpcCall, Task<StringValue>> _answer = (request, _) => Task.FromResult(new StringValue { Value = request.Value + "!" });
    private SidecarProcess _process = null!;
    private FakeGrpcApp _app = null!;
    private RunningSidecar _callee = null!;
    private GrpcSidecar _caller = null!;

    public async Task InitializeAsync()
    {
        _app = await new FakeGrpcApp()
            .On(Say, StringValue.Parser, (request, call) => _answer(request, call))
            .OnStream(Chat, ChatAsync)
            .OnStream(Wait, WaitAsync)
            .StartAsync();
        _process = new SidecarProcess(_clients, new SidecarDirectory(), TimeProvider.System);
        _callee = await RunningSidecar.StartAsync(new SidecarSetup
        {
            AppId = "callee",
            Process = _process,
            Options = options => options with { AppPort = _app.Port, AppProtocol = "grpc", AppApiToken = "app-token" },
        });
        _caller = await StartCallerAsync();
    }

    public async Task DisposeAsync()
    {
        await _caller.DisposeAsync();
        await _callee.DisposeAsync();
        await _app.DisposeAsync();
        await _clients.DisposeAsync();
    }

    [Theory]
    [InlineData("dapr-app-id")]
    [InlineData("dapr-callee-app-id")]
    public async Task Unary_ToTheApp_CarriesMetadataAndHeadersBothWays(string key)
    {
        _answer = (request, call) =>
        {
            call.AnswerHeaders["x-app"] = "yes";
            return Task.FromResult(new StringValue { Value = request.Value + "?" });
        };

        var reply = await _caller.Client.CallAsync(
            Say, new StringValue { Value = "hi" }, default,
            (key, "callee"), ("x-mine", "1"), ("x-bytes-bin", "AQI"), ("dapr-api-token", "clients"), ("dapr-caller-app-id", "forged"), ("sidecar-grpc-status", "0"));

        Assert.Equal((0, "hi?", "yes"), (reply.Status, StringValue.Parser.ParseFrom(reply.Single).Value, reply.Headers["x-app"]));
        var metadata = Assert.Single(_app.CallsOf(Say)).Metadata;
        Assert.Equal(
            ("1", "AQI", "app-token", "caller", "callee"),
            (metadata["x-mine"], metadata["x-bytes-bin"], metadata["dapr-api-token"], metadata["dapr-caller-app-id"], metadata["dapr-callee-app-id"]));
        Assert.DoesNotContain(metadata.Keys, name => name.StartsWith("sidecar-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Error_OfTheApp_ComesAsItIs()
    {
        _answer = (_, _) => throw new GrpcException(GrpcStatusCode.NotFound, "n\u00f6") { Details = [new Sidecar.Grpc.Rpc.ErrorInfo { Reason = "R", Domain = "d" }] };

        var reply = await _caller.Client.CallAsync(Say, new StringValue(), default, ("dapr-app-id", "callee"));

        Assert.Equal((5, "n%C3%B6", true, "R"), (
            reply.Status, reply.Message, reply.TrailersOnly, reply.Details!.Details.Single().Unpack<Sidecar.Grpc.Rpc.ErrorInfo>().Reason));
    }

    [Fact]
    public async Task Method_ThatTheAppLacks_IsTheAppsUnimplemented()
    {
        var reply = await _caller.Client.CallAsync("/test.Echo/Nothing", new Empty(), default, ("dapr-app-id", "callee"));

        Assert.Equal((12, "unknown method /test.Echo/Nothing"), (reply.Status, reply.Message));
    }

    [Fact]
    public async Task Bidirectional_EachMessage_IsAnsweredWhileTheStreamIsOpenAndTrailersFollow()
    {
        await using var call = Open(Chat);

        call.Send(new StringValue { Value = "one" });
        Assert.Equal("one!", (await call.NextAsync(StringValue.Parser))!.Value);
        call.Send(new StringValue { Value = "two" });
        Assert.Equal("two!", (await call.NextAsync(StringValue.Parser))!.Value);
        call.Complete();

        Assert.Null(await call.NextAsync(StringValue.Parser));
        Assert.Equal("0 ", await call.EndAsync());
    }

    [Fact]
    public async Task ClientStream_OfManyMessages_ArrivesWholeAndServerStreamComesBack()
    {
        await using var call = Open(Chat);
        for (var number = 0; number < 500; number++)
        {
            call.Send(new StringValue { Value = new string('x', 1000) + number });
        }

        call.Complete();

        for (var number = 0; number < 500; number++)
        {
            Assert.Equal($"{new string('x', 1000)}{number}!", (await call.NextAsync(StringValue.Parser))!.Value);
        }

        Assert.Null(await call.NextAsync(StringValue.Parser));
    }

    [Fact]
    public async Task Cancellation_OfTheClient_ReachesTheApp()
    {
        await using var call = Open(Wait);
        call.Send(new StringValue { Value = "begin" });
        Assert.Equal("begun", (await call.NextAsync(StringValue.Parser))!.Value);

        await call.CancelAsync();

        await _cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Deadline_OfTheClient_EndsTheCallHereAndAtTheApp()
    {
        var reply = await _caller.Client.CallAsync(Wait, new StringValue { Value = "begin" }, default, ("dapr-app-id", "callee"), ("grpc-timeout", "300m"));

        Assert.Equal(4, reply.Status);
        await _cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task AppId_MissingEmptyOrUnknown_IsDaprsError()
    {
        const string Missing = "failed to proxy request: required metadata dapr-callee-app-id or dapr-app-id not found";

        var missing = await _caller.Client.CallAsync(Say, new Empty());
        var empty = await _caller.Client.CallAsync(Say, new Empty(), default, ("dapr-app-id", ""));
        var unknown = await _caller.Client.CallAsync(Say, new Empty(), default, ("dapr-app-id", "nobody"));

        Assert.Equal([(2, Missing), (2, Missing), (2, "couldn't find service: nobody")], new[] { missing, empty, unknown }.Select(reply => (reply.Status, reply.Message)));
    }

    [Fact]
    public async Task App_ThatSpeaksHttp_IsRefusedWithTheReason()
    {
        await using var app = await FakeApp.StartAsync();
        await using var http = await RunningSidecar.StartAsync(new SidecarSetup { AppId = "web", App = app, Process = _process });

        var reply = await _caller.Client.CallAsync(Say, new Empty(), default, ("dapr-app-id", "web"));

        Assert.Equal((9, "app web cannot be called by gRPC: its --app-protocol is http"), (reply.Status, reply.Message));
    }

    [Fact]
    public async Task App_ThatIsGone_IsUnavailable()
    {
        await _app.DisposeAsync();

        var reply = await _caller.Client.CallAsync(Say, new Empty(), default, ("dapr-app-id", "callee"), ("dapr-stream", "true"));

        Assert.Equal(14, reply.Status);
        Assert.StartsWith("connection error: ", Uri.UnescapeDataString(reply.Message), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, 13, "the stream ends in the middle of a message")]
    [InlineData(new byte[] { 7, 0, 0, 0, 0 }, 13, "grpc: received unexpected payload format 7")]
    [InlineData(new byte[] { 0, 0x7F, 0, 0, 0, 1 }, 8, "grpc: received message larger than max (2130706432 vs. 4194304)")]
    public async Task Frames_ThatAreBroken_AreTheClientsErrorInBothModes(byte[] body, int status, string message)
    {
        await using var retrying = await StartCallerAsync("retrying", Retries);
        foreach (var caller in new[] { _caller, retrying })
        {
            var reply = await caller.Client.SendAsync(Say, body, default, ("dapr-app-id", "callee"));

            Assert.Equal((status, message), (reply.Status, reply.Message));
        }
    }

    [Fact]
    public async Task Message_OfTheAppOverTheLimit_IsResourceExhausted()
    {
        _answer = (_, _) => Task.FromResult(new StringValue { Value = new string('x', 5 << 20) });

        var reply = await _caller.Client.CallAsync(Say, new StringValue(), default, ("dapr-app-id", "callee"));

        Assert.Equal(8, reply.Status);
    }

    [Fact]
    public async Task Message_OfSeveralMebibytes_PassesBothWays()
    {
        var text = new string('x', 3 << 20);

        var reply = await _caller.Client.CallAsync(Say, new StringValue { Value = text }, default, ("dapr-app-id", "callee"));

        Assert.Equal(text + "!", StringValue.Parser.ParseFrom(reply.Single).Value);
    }

    [Fact]
    public async Task Retries_OfAPolicy_SendTheSameMessageAgain()
    {
        var calls = 0;
        _answer = (request, _) => ++calls < 3 ? throw new GrpcException(GrpcStatusCode.Unavailable, "busy") : Task.FromResult(request);
        await using var caller = await StartCallerAsync("retrying", Retries);

        var reply = await caller.Client.CallAsync(Say, new StringValue { Value = "again" }, default, ("dapr-app-id", "callee"));

        Assert.Equal((0, "again"), (reply.Status, StringValue.Parser.ParseFrom(reply.Single).Value));
        Assert.Equal(["again", "again", "again"], _app.CallsOf(Say).Select(call => call.As<StringValue>().Value));
    }

    [Fact]
    public async Task Retries_ThatRunOut_EndWithTheAppsLastStatus()
    {
        _answer = (_, _) => throw new GrpcException(GrpcStatusCode.Unavailable, "busy");
        await using var caller = await StartCallerAsync("retrying", Retries);

        var reply = await caller.Client.CallAsync(Say, new StringValue(), default, ("dapr-app-id", "callee"));

        Assert.Equal((14, "busy", 3), (reply.Status, reply.Message, _app.CallsOf(Say).Count()));
    }

    [Fact]
    public async Task Retries_WithAStream_AreDaprsErrorUnlessTheClientSaysItIsOne()
    {
        await using var caller = await StartCallerAsync("retrying", Retries);
        var address = new Uri($"http://127.0.0.1:{caller.Running.Host.Options.GrpcPort}");

        await using (var unmarked = new DuplexCall(address, Chat, ("dapr-app-id", "callee")))
        {
            unmarked.Send(new StringValue { Value = "one" });
            unmarked.Send(new StringValue { Value = "two" });
            Assert.Equal("9 cannot use resiliency policies with retries on streaming RPCs", await unmarked.EndAsync());
        }

        await using var marked = new DuplexCall(address, Chat, ("dapr-app-id", "callee"), ("dapr-stream", "true"));
        marked.Send(new StringValue { Value = "one" });
        Assert.Equal("one!", (await marked.NextAsync(StringValue.Parser))!.Value);
    }

    [Fact]
    public async Task Token_OfTheApi_IsAskedOfProxiedCallsToo()
    {
        await using var caller = await GrpcSidecar.StartAsync(new SidecarSetup
        {
            AppId = "guarded",
            Process = _process,
            Options = options => options with { ApiToken = "secret" },
        });

        var without = await caller.Client.CallAsync(Say, new StringValue(), default, ("dapr-app-id", "callee"));
        var with = await caller.Client.CallAsync(Say, new StringValue(), default, ("dapr-app-id", "callee"), ("dapr-api-token", "secret"));

        Assert.Equal((16, 0), (without.Status, with.Status));
    }

    private static async Task ChatAsync(GrpcCall call)
    {
        while (await call.ReadAsync(StringValue.Parser) is { } message)
        {
            call.Write(new StringValue { Value = message.Value + "!" });
            await call.FlushAsync();
        }
    }

    private async Task WaitAsync(GrpcCall call)
    {
        await call.ReadAsync(StringValue.Parser);
        call.Write(new StringValue { Value = "begun" });
        await call.FlushAsync();
        using var registered = call.Cancelled.Register(() => _cancelled.TrySetResult());
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.Cancelled);
    }

    private DuplexCall Open(string path) =>
        new(new Uri($"http://127.0.0.1:{_caller.Running.Host.Options.GrpcPort}"), path, ("dapr-app-id", "callee"));

    private Task<GrpcSidecar> StartCallerAsync(string appId = "caller", params string[] resources) =>
        GrpcSidecar.StartAsync(new SidecarSetup { AppId = appId, Process = _process, Resources = resources });
}
