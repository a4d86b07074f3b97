using DaprShop.TestKit;
using DaprShop.Tests.Bindings;
using DaprShop.Tests.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Components;
using Sidecar.Components.Bindings;
using Sidecar.Grpc;
using Sidecar.Grpc.DaprApi;
using static Sidecar.Grpc.DaprApi.BindingEventResponse.Types;

namespace DaprShop.Tests.Grpc;

/// <summary>Input bindings and health checks of an app that speaks gRPC (dapr-contract.md 1.7, 9.3).</summary>
public sealed class GrpcBindingAppTests
{
    [Fact]
    public async Task Cron_ThatTheAppLists_ComesAsBindingEventWithItsMetadata()
    {
        await using var app = await Listing("tick").On("OnBindingEvent", BindingEventRequest.Parser, _ => new BindingEventResponse()).StartAsync();
        await using var sidecar = await StartAsync(app, Yaml.Component("tick", "bindings.cron", ("schedule", "@every 1s")));

        var call = await Eventually.Get(() => app.CallsOf("OnBindingEvent").FirstOrDefault(), found => found is not null);

        var request = call!.As<BindingEventRequest>();
        Assert.Equal(("tick", 0), (request.Name, request.Data.Length));
        Assert.Contains("readTimeUTC", request.Metadata.Keys);
        Assert.Equal("app-token", call!.Metadata["dapr-api-token"]);
    }

    [Fact]
    public async Task Binding_ThatTheAppDoesNotListOrImplement_IsNotStarted()
    {
        await using var other = await Listing("other").StartAsync();
        await using var none = await new FakeGrpcApp().StartAsync();
        var binding = new ScriptedInput();

        await using (await StartAsync(other, binding))
        {
            Assert.Null(binding.Handler);
        }

        await using (await StartAsync(none, binding))
        {
            Assert.Null(binding.Handler);
        }
    }

    [Fact]
    public async Task Answer_WithStateAndOutputs_IsSavedAndForwarded()
    {
        var output = new FakeOutput();
        await using var app = await Listing("in").On("OnBindingEvent", BindingEventRequest.Parser, _ => new BindingEventResponse
        {
            StoreName = "store",
            States = { new StateItem { Key = "k", Value = ByteString.CopyFromUtf8("\"v\"") } },
            To = { "out", "nowhere" },
            Data = ByteString.CopyFromUtf8("{\"n\":1}"),
            Concurrency = BindingEventConcurrency.Parallel,
        }).StartAsync();
        var binding = new ScriptedInput();
        await using var sidecar = await StartAsync(
            app, binding, [Yaml.Component("store", "state.in-memory"), Yaml.Component("out", "bindings.output")], output);

        await binding.Handler!(new BindingEvent("hello"u8.ToArray(), new Dictionary<string, string>()), default);

        var state = await sidecar.CallAsync("GetState", new GetStateRequest { StoreName = "store", Key = "k" }, GetStateResponse.Parser);
        Assert.Equal("\"v\"", state.Data.ToStringUtf8());
        Assert.Equal(["create {\"n\":1} "], output.Invocations);
        Assert.Contains("did not reach binding nowhere", sidecar.Running.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Error_OfTheApp_IsTheBindings()
    {
        await using var app = await Listing("in")
            .On("OnBindingEvent", BindingEventRequest.Parser, new Func<BindingEventRequest, BindingEventResponse>(_ => throw new GrpcException(GrpcStatusCode.Internal, "no")))
            .StartAsync();
        var binding = new ScriptedInput();
        await using var sidecar = await StartAsync(app, binding);

        var failure = await Record.ExceptionAsync(() => binding.Handler!(new BindingEvent(default, new Dictionary<string, string>()), default));

        Assert.Equal("the app answered Internal (no) to an event of binding in", failure?.Message);
    }

    [Fact]
    public async Task Health_ByGrpc_TurnsWithTheAnswersOfHealthCheck()
    {
        var isWell = false;
        await using var app = await new FakeGrpcApp()
            .On("/dapr.proto.runtime.v1.AppCallbackHealthCheck/HealthCheck", Empty.Parser, _ => isWell ? new Empty() : throw new GrpcException(GrpcStatusCode.Unavailable, "not yet"))
            .StartAsync();
        await using var sidecar = await GrpcSidecar.StartAsync(new SidecarSetup
        {
            Options = options => options with
            {
                AppPort = app.Port,
                AppProtocol = "grpc",
                EnableAppHealthCheck = true,
                AppHealthProbeInterval = TimeSpan.FromMilliseconds(50),
                AppHealthProbeTimeout = TimeSpan.FromSeconds(30),
                AppHealthThreshold = 2,
            },
            WaitUntilReady = false,
        });
        await Eventually.True(() => app.Calls.Count >= 3);
        Assert.False(sidecar.Running.Host.IsReady);

        isWell = true;
        await Eventually.True(() => sidecar.Running.Host.IsAppReady);

        isWell = false;
        await Eventually.True(() => !sidecar.Running.Host.IsAppReady);
    }

    private static FakeGrpcApp Listing(string binding) => new FakeGrpcApp()
        .On("ListInputBindings", Empty.Parser, _ => new ListInputBindingsResponse { Bindings = { binding } });

    private static Task<GrpcSidecar> StartAsync(FakeGrpcApp app, ScriptedInput binding, IReadOnlyList<string>? resources = null, FakeOutput? output = null) =>
        GrpcSidecar.StartAsync(new SidecarSetup
        {
            Resources = [Yaml.Component("in", "bindings.scripted"), .. resources ?? []],
            Drivers = new Dictionary<string, Func<IComponent>> { ["bindings.scripted"] = () => binding, ["bindings.output"] = () => output! },
            Options = options => options with { AppPort = app.Port, AppProtocol = "grpc" },
        });

    private static Task<GrpcSidecar> StartAsync(FakeGrpcApp app, params string[] resources) => GrpcSidecar.StartAsync(new SidecarSetup
    {
        Resources = resources,
        Options = options => options with { AppPort = app.Port, AppProtocol = "grpc", AppApiToken = "app-token" },
    });

    private sealed class ScriptedInput : IInputBinding
    {
        public BindingHandler? Handler { get; private set; }

        public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<IAsyncDisposable> StartAsync(BindingHandler handler, CancellationToken cancellationToken)
        {
            Handler = handler;
            return Task.FromResult<IAsyncDisposable>(this);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
