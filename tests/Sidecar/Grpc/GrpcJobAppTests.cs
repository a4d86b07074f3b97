using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.Tests.Wire;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Components;
using Sidecar.Grpc;
using Sidecar.Grpc.DaprApi;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.Grpc;

/// <summary>Jobs of an app that speaks gRPC (dapr-contract.md 9.4).</summary>
public sealed class GrpcJobAppTests : IAsyncLifetime
{
    private const string Job = "OnJobEvent";
    private const string Alpha = "/dapr.proto.runtime.v1.AppCallbackAlpha/OnJobEventAlpha1";

    private readonly SharedClients _clients = new();
    private readonly ManualClock _clock = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _clients.DisposeAsync();

    [Theory]
    [InlineData(Job)]
    [InlineData(Alpha)]
    public async Task Job_ThatIsDue_IsDaprsMessageUnderTheNameThatTheAppHas(string method)
    {
        await using var app = await new FakeGrpcApp().On(method, JobEventRequest.Parser, _ => new JobEventResponse()).StartAsync();
        await using var sidecar = await StartAsync(app.Port);
        var data = Any.Pack(new StringValue { Value = "text" });

        await sidecar.CallAsync("ScheduleJob", new ScheduleJobRequest { Job = new Job { Name = "a", DueTime = "1s", Data = data } }, ScheduleJobResponse.Parser);
        await GoneAsync(sidecar, "a");

        var call = Assert.Single(app.CallsOf(method));
        Assert.Equal(
            new JobEventRequest
            {
                Name = "a",
                Data = data,
                Method = "job/a",
                ContentType = "type.googleapis.com/google.protobuf.StringValue",
                HttpExtension = new HTTPExtension { Verb = HTTPExtension.Types.Verb.Post },
            },
            call.Message);
        Assert.Equal("app-token", call.Metadata["dapr-api-token"]);
        Assert.Empty(app.CallsOf("OnInvoke"));
    }

    [Fact]
    public async Task Job_ScheduledOverHttp_BringsItsJsonAsAValue()
    {
        await using var app = await new FakeGrpcApp().On(Job, JobEventRequest.Parser, _ => new JobEventResponse()).StartAsync();
        await using var sidecar = await StartAsync(app.Port);

        Assert.Equal("204", await sidecar.Running.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"dueTime":"1s","data":{"n":1}}"""));
        Assert.Equal("204", await sidecar.Running.Http.SendTextAsync("POST", "/v1.0/jobs/b", """{"dueTime":"1s"}"""));
        await GoneAsync(sidecar, "a");
        await GoneAsync(sidecar, "b");

        var calls = app.CallsOf(Job).Select(call => call.As<JobEventRequest>()).ToDictionary(request => request.Name);
        Assert.Equal(1, calls["a"].Data.Unpack<Value>().StructValue.Fields["n"].NumberValue);
        Assert.Equal((null, ""), (calls["b"].Data, calls["b"].ContentType));
    }

    [Theory]
    // the end of the call, how often the job is tried
    [InlineData(5, 1)]
    [InlineData(2, 3)]
    [InlineData(13, 3)]
    public async Task Job_ThatFails_IsTriedAsItsPolicySaysUnlessTheAppDoesNotKnowIt(int status, int calls)
    {
        await using var app = await new FakeGrpcApp()
            .On(Job, JobEventRequest.Parser, new Func<JobEventRequest, JobEventResponse>(_ => throw new GrpcException((GrpcStatusCode)status, "no")))
            .StartAsync();
        await using var sidecar = await StartAsync(app.Port);

        await sidecar.Running.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"dueTime":"1s","failurePolicy":{"constant":{"interval":"5s","maxRetries":2}}}""");
        await GoneAsync(sidecar, "a");

        Assert.Equal(calls, app.CallsOf(Job).Count());
    }

    [Fact]
    public async Task Job_OfAnAppWithNeitherName_HasFailed()
    {
        await using var app = await new FakeGrpcApp().StartAsync();
        await using var sidecar = await StartAsync(app.Port);

        await sidecar.Running.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"dueTime":"1s","failurePolicy":{"drop":{}}}""");
        await GoneAsync(sidecar, "a");

        Assert.Contains("The job a failed: the app answered Unimplemented", sidecar.Running.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_WhoseAppDiesWithIt_IsTriedAgain()
    {
        var dies = true;
        await using var app = await new FakeGrpcApp()
            .On(Job, JobEventRequest.Parser, async (_, call) =>
            {
                if (dies)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.Cancelled);
                }

                return new JobEventResponse();
            })
            .StartAsync();
        await using var way = FaultyProxy.Start(app.Port);
        await using var sidecar = await StartAsync(way.Port);

        await sidecar.Running.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"dueTime":"1s"}""");
        await PassTimeUntilAsync(() => Task.FromResult(app.CallsOf(Job).Any()));
        dies = false;
        way.Cut();
        await GoneAsync(sidecar, "a");

        Assert.Equal(2, app.CallsOf(Job).Count());
    }

    private Task GoneAsync(GrpcSidecar sidecar, string job) => PassTimeUntilAsync(
        async () => (await sidecar.Running.Http.SendTextAsync("GET", $"/v1.0/jobs/{job}")).StartsWith("500", StringComparison.Ordinal));

    private Task PassTimeUntilAsync(Func<Task<bool>> condition) => Eventually.Get(
        async () =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(250));
            return await condition();
        },
        done => done);

    private Task<GrpcSidecar> StartAsync(int port) => GrpcSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("store", "state.in-memory", ("actorStateStore", "true"))],
        Process = new SidecarProcess(_clients, new SidecarDirectory(), _clock),
        Options = options => options with { AppPort = port, AppProtocol = "grpc", AppApiToken = "app-token" },
    });
}
