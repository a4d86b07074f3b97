using System.Net;
using DaprShop.TestKit;
using DaprShop.Tests.Grpc;
using DaprShop.Tests.Launcher;
using DaprShop.Tests.Wire;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Components;
using Sidecar.Grpc;
using Sidecar.Grpc.DaprApi;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.NameResolution;

/// <summary>Sidecars that share nothing but a register of names, as those of two processes do (dapr-contract.md 7.3).</summary>
public sealed class PeerTests : IAsyncLifetime
{
    private const string Say = "/test.Echo/Say";
    private const string Chat = "/test.Echo/Chat";

    private readonly TemporaryFolder _folder = new();
    private readonly SharedClients _here = new();
    private readonly SharedClients _there = new();
    private FakeApp _app = null!;
    private FakeGrpcApp _grpcApp = null!;
    private RunningSidecar _callee = null!;
    private RunningSidecar _grpcCallee = null!;
    private GrpcSidecar _caller = null!;

    public async Task InitializeAsync()
    {
        _app = await FakeApp.StartAsync();
        _grpcApp = await new FakeGrpcApp()
            .On("OnInvoke", InvokeRequest.Parser, new Func<InvokeRequest, InvokeResponse>(request => throw new GrpcException(GrpcStatusCode.AlreadyExists, request.Method)))
            .On(Say, StringValue.Parser, request => new StringValue { Value = request.Value + "!" })
            .OnStream(Chat, ChatAsync)
            .StartAsync();
        _callee = await StartAsync("callee", _there, options => options with { AppPort = _app.Port, AppApiToken = "app-token" });
        _grpcCallee = await StartAsync("grpc-callee", _there, options => options with { AppPort = _grpcApp.Port, AppProtocol = "grpc" });
        _caller = await GrpcSidecar.StartAsync(Setup("caller", _here, options => options));
    }

    public async Task DisposeAsync()
    {
        await _caller.DisposeAsync();
        await _grpcCallee.DisposeAsync();
        await _callee.DisposeAsync();
        await _grpcApp.DisposeAsync();
        await _app.DisposeAsync();
        await _here.DisposeAsync();
        await _there.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Http_ToAPeersApp_PassesEverythingThrough()
    {
        _app.Answer = request => request.Target.StartsWith("/api", StringComparison.Ordinal)
            ? new AppAnswer(418, "short and stout", "text/plain") { Header = ("x-app", "yes") }
            : new AppAnswer(404);
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/v1.0/invoke/callee/method/api/a%2Fb%20c?q=1%202&q=3")
        {
            Content = new ByteArrayContent("body"u8.ToArray()),
            Headers = { { "x-mine", "1" }, { "sidecar-secret", "guess" }, { "dapr-caller-app-id", "forged" } },
        };

        using var answer = await _caller.Running.Http.SendAsync(request);

        Assert.Equal((418, "short and stout", "yes"), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.GetValues("x-app").Single()));
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("sidecar-", StringComparison.OrdinalIgnoreCase));
        var got = _app.Requests.Single(sent => sent.Target.StartsWith("/api", StringComparison.Ordinal));
        Assert.Equal(("PATCH", "/api/a/b%20c?q=1%202&q=3", "body"), (got.Method, got.Target, got.Text));
        Assert.Equal(
            ("1", "caller", "callee", "app-token"),
            (got.Headers["x-mine"], got.Headers["dapr-caller-app-id"], got.Headers["dapr-callee-app-id"], got.Headers["dapr-api-token"]));
        Assert.DoesNotContain(got.Headers.Keys, name => name.StartsWith("sidecar-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Grpc_ToAPeersApp_KeepsStatusesStreamsAndTrailers()
    {
        var refused = await _caller.EndAsync(
            "InvokeService", new InvokeServiceRequest { Id = "grpc-callee", Message = new InvokeRequest { Method = "m/x" } });
        var unary = await _caller.Client.CallAsync(Say, new StringValue { Value = "hi" }, default, ("dapr-app-id", "grpc-callee"));
        await using var chat = new DuplexCall(new Uri($"http://127.0.0.1:{_caller.Running.Host.Options.GrpcPort}"), Chat, ("dapr-app-id", "grpc-callee"));
        chat.Send(new StringValue { Value = "one" });
        var first = await chat.NextAsync(StringValue.Parser);
        chat.Send(new StringValue { Value = "two" });
        var second = await chat.NextAsync(StringValue.Parser);
        chat.Complete();

        Assert.Equal("6 m/x", refused);
        Assert.Equal((0, "hi!"), (unary.Status, StringValue.Parser.ParseFrom(unary.Single).Value));
        Assert.Equal(("one!", "two!", "5 over"), (first!.Value, second!.Value, await chat.EndAsync()));
        Assert.Equal("caller", _grpcApp.CallsOf(Say).Single().Metadata["dapr-caller-app-id"]);
    }

    [Fact]
    public async Task Failure_AtThePeer_IsToldAsIfItWereHere()
    {
        await _app.DisposeAsync();

        var gone = await _caller.Running.Http.SendTextAsync("GET", "/v1.0/invoke/callee/method/m");
        var wrong = await _caller.Client.CallAsync(Say, new StringValue(), default, ("dapr-app-id", "callee"));
        var unknown = await _caller.Running.Http.SendTextAsync("GET", "/v1.0/invoke/nobody/method/m");
        var elsewhere = await _caller.Running.Http.SendTextAsync("GET", "/v1.0/invoke/callee.elsewhere/method/m");

        Assert.StartsWith("""500 {"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: callee, err: """, gone, StringComparison.Ordinal);
        Assert.Equal((9, "app callee cannot be called by gRPC: its --app-protocol is http"), (wrong.Status, wrong.Message));
        Assert.Equal("""500 {"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: nobody, err: couldn't find service: nobody"}""", unknown);
        Assert.EndsWith("couldn't find service: callee.elsewhere\"}", elsewhere, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InternalPort_WithoutTheSecret_LetsNothingIn()
    {
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        var port = InternalPortOf(_callee);

        foreach (var path in new[] { "/m", "/v1.0/metadata", "/v1.0/healthz", "/v1.0/invoke/callee/method/m" })
        {
            using var bare = await http.GetAsync(new Uri($"http://127.0.0.1:{port}{path}"));
            using var guess = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}{path}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Headers = { { "sidecar-secret", new string('0', 64) } } };
            using var guessed = await http.SendAsync(guess);

            Assert.Equal((401, "", 401, ""), ((int)bare.StatusCode, await bare.Content.ReadAsStringAsync(), (int)guessed.StatusCode, await guessed.Content.ReadAsStringAsync()));
        }

        Assert.DoesNotContain(_app.Requests, request => request.Target != "/dapr/subscribe" && request.Target != "/dapr/config");
    }

    [Fact]
    public async Task Secret_FromTheClient_OpensNoDoorThroughTheApi()
    {
        var answer = await _caller.Running.Http.SendTextAsync("GET", "/v1.0/metadata", null, ("sidecar-fault", "app"), ("sidecar-proxied", "true"));

        Assert.StartsWith("200 {\"id\":\"caller\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replicas_OfAnApp_TakeTurnsAndOneThatStoppedIsNotAskedAgain()
    {
        await using var secondApp = await FakeApp.StartAsync(request => Named(request, "second"));
        _app.Answer = request => Named(request, "first");
        var second = await StartAsync("callee", _there, options => options with { AppPort = secondApp.Port });
        await Eventually.Get(InvokeAsync, answer => answer == "200 second");

        // Whether both are known at a moment depends on what a busy machine lets each of them say in time.
        var answers = await Eventually.Get(
            () => Task.WhenAll(Enumerable.Range(0, 10).Select(_ => InvokeAsync())), answers => answers.Distinct().Count() == 2);
        await second.DisposeAsync();
        var after = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => InvokeAsync()));

        Assert.Equal(5, answers.Count(answer => answer == "200 first"));
        Assert.Equal(5, answers.Count(answer => answer == "200 second"));
        Assert.All(after, answer => Assert.Equal("200 first", answer));
    }

    [Fact]
    public void Register_OfTheSidecars_IsForItsOwnerAlone()
    {
        foreach (var file in Directory.GetFiles(_folder.Path, "names.db*"))
        {
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }
    }

    private static async Task ChatAsync(GrpcCall call)
    {
        while (await call.ReadAsync(StringValue.Parser) is { } message)
        {
            call.Write(new StringValue { Value = message.Value + "!" });
            await call.FlushAsync();
        }

        throw new GrpcException(GrpcStatusCode.NotFound, "over");
    }

    private static AppAnswer Named(AppRequest request, string name) => request.Method == "POST" ? new AppAnswer(200, name) : new AppAnswer(404);

    private static string InternalPortOf(RunningSidecar sidecar)
    {
        const string Line = "let in on port ";
        var log = sidecar.Log;
        var start = log.IndexOf(Line, StringComparison.Ordinal) + Line.Length;
        return new string([.. log[start..].TakeWhile(char.IsAsciiDigit)]);
    }

    private Task<string> InvokeAsync() => _caller.Running.Http.SendTextAsync("POST", "/v1.0/invoke/callee/method/m", "{}");

    private Task<RunningSidecar> StartAsync(string appId, SharedClients clients, Func<SidecarOptions, SidecarOptions> options) =>
        RunningSidecar.StartAsync(Setup(appId, clients, options));

    private SidecarSetup Setup(string appId, SharedClients clients, Func<SidecarOptions, SidecarOptions> options) => new()
    {
        AppId = appId,
        Options = options,
        Process = new SidecarProcess(clients, new SidecarDirectory(), TimeProvider.System),
        Configurations =
        [
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: { name: c }
            spec: { nameResolution: { component: sqlite, version: v1, configuration: { connectionString: "{{Path.Combine(_folder.Path, "names.db")}}" } } }
            """,
        ],
    };
}
