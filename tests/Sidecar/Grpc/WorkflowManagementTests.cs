using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using DaprShop.Tests.Workflows;
using Google.Protobuf;
using Sidecar.Grpc.DaprApi;
using static DaprShop.Tests.Workflows.Actions;

namespace DaprShop.Tests.Grpc;

/// <summary>The management methods of Dapr's service; workers are scripted, on real streams.</summary>
public sealed class WorkflowManagementTests : IAsyncLifetime
{
    private GrpcSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await GrpcSidecar.StartAsync(WorkflowSidecar.Store);

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Theory]
    [InlineData("Beta1")]
    [InlineData("Alpha1")]
    public async Task Workflow_WholeLife_AnswersAsTheContractSays(string version)
    {
        await using var worker = new RemoteWorker(
            _sidecar.Client, history => history.Raised("paid").Any() ? [Complete(0, history.Raised("paid").First())] : []);

        var started = await StartAsync(version, "o1", """{"a":1}""");
        await StatusIsAsync("o1", "RUNNING");
        var paused = await _sidecar.EndAsync($"PauseWorkflow{version}", new PauseWorkflowRequest { InstanceId = "o1", WorkflowComponent = "any" });
        var suspended = (await GetAsync("o1")).RuntimeStatus;
        var raised = await _sidecar.EndAsync(
            $"RaiseEventWorkflow{version}",
            new RaiseEventWorkflowRequest { InstanceId = "o1", EventName = "paid", EventData = ByteString.CopyFromUtf8("\"yes\"") });
        var held = (await GetAsync("o1")).RuntimeStatus;
        var resumed = await _sidecar.EndAsync($"ResumeWorkflow{version}", new ResumeWorkflowRequest { InstanceId = "o1" });
        var finished = await StatusIsAsync("o1", "COMPLETED");
        var purged = await _sidecar.EndAsync($"PurgeWorkflow{version}", new PurgeWorkflowRequest { InstanceId = "o1" });

        Assert.Equal(("o1", "0 ", "SUSPENDED", "0 ", "SUSPENDED", "0 ", "0 "), (started.InstanceId, paused, suspended, raised, held, resumed, purged));
        Assert.Equal(("o1", "saga"), (finished.InstanceId, finished.WorkflowName));
        Assert.True(finished.CreatedAt.ToDateTimeOffset() <= finished.LastUpdatedAt.ToDateTimeOffset());
        Assert.Equal(
            new Dictionary<string, string> { ["dapr.workflow.input"] = """{"a":1}""", ["dapr.workflow.output"] = "\"yes\"" }, finished.Properties);
        Assert.Equal(new GetWorkflowResponse { InstanceId = "o1" }, await GetAsync("o1"));
    }

    [Fact]
    public async Task Terminate_RunningInstance_IsTerminated()
    {
        await using var worker = new RemoteWorker(_sidecar.Client, _ => []);
        await StartAsync("Beta1", "o1");

        Assert.Equal("0 ", await _sidecar.EndAsync("TerminateWorkflowBeta1", new TerminateWorkflowRequest { InstanceId = "o1" }));

        await StatusIsAsync("o1", "TERMINATED");
    }

    [Fact]
    public async Task Start_WithoutAnId_MakesOne()
    {
        var started = await StartAsync("Beta1", "");

        Assert.Equal(36, started.InstanceId.Length);
        Assert.Equal("PENDING", (await GetAsync(started.InstanceId)).RuntimeStatus);
    }

    [Fact]
    public async Task Start_WithAStartTime_WaitsForIt()
    {
        await using var worker = new RemoteWorker(_sidecar.Client, _ => [Complete(0, "late")]);
        var at = TimeProvider.System.GetUtcNow().AddSeconds(1);
        var request = Start("o1");
        request.Options.Add("dapr.workflow.start_time", at.ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", System.Globalization.CultureInfo.InvariantCulture));

        await _sidecar.CallAsync("StartWorkflowBeta1", request, StartWorkflowResponse.Parser);
        await StatusIsAsync("o1", "COMPLETED");

        Assert.True(worker.Items.First().WorkflowRequest.NewEvents[0].Timestamp.ToDateTimeOffset() >= at.AddMilliseconds(-20));
    }

    [Theory]
    [InlineData("tomorrow")]
    [InlineData("2026-01-01")]
    [InlineData("")]
    [InlineData("\"")]
    public async Task Start_WithAStartTimeThatIsNone_IsRefused(string time)
    {
        var request = Start("o1");
        request.Options.Add("dapr.workflow.start_time", time);

        Assert.Equal($"13 error parsing time: '{time}' is not a time as in RFC 3339", await _sidecar.EndAsync("StartWorkflowBeta1", request));
        Assert.Empty((await GetAsync("o1")).RuntimeStatus);
    }

    [Theory]
    [InlineData("saga", "a.b", "", "3 workflow instance ID 'a.b' is invalid: only alphanumeric characters, dashes and underscores are allowed")]
    [InlineData("saga", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", "3 workflow instance ID exceeds the max length of 64 characters")]
    [InlineData("", "o1", "", "3 workflow name is not configured")]
    [InlineData("saga", "o1", "other", "3 workflow app ID 'other' is invalid: this sidecar runs the workflows of its own app only")]
    public async Task Start_BadNamesAndIds_AreInvalidArgument(string name, string instanceId, string appId, string expected) =>
        Assert.Equal(
            expected,
            await _sidecar.EndAsync("StartWorkflowBeta1", new StartWorkflowRequest { WorkflowName = name, InstanceId = instanceId, AppId = appId }));

    [Fact]
    public async Task Start_ActiveId_IsInternalWithTheReason()
    {
        await StartAsync("Beta1", "o1");

        Assert.Equal(
            "13 error starting workflow 'saga': an active workflow with ID 'o1' already exists",
            await _sidecar.EndAsync("StartWorkflowBeta1", Start("o1")));
    }

    [Theory]
    [InlineData("RaiseEventWorkflowBeta1", "13 error raising event on workflow 'x': no such instance exists")]
    [InlineData("PauseWorkflowBeta1", "13 error pausing workflow 'x': no such instance exists")]
    [InlineData("ResumeWorkflowBeta1", "13 error resuming workflow 'x': no such instance exists")]
    [InlineData("TerminateWorkflowBeta1", "5 unable to find workflow with the provided instance ID: x")]
    [InlineData("PurgeWorkflowBeta1", "5 unable to find workflow with the provided instance ID: x")]
    public async Task Commands_UnknownInstance_AreNotFoundOrInternal(string method, string expected) =>
        Assert.Equal(expected, await _sidecar.EndAsync(method, Command(method, "x", "")));

    [Theory]
    [InlineData("GetWorkflowBeta1")]
    [InlineData("RaiseEventWorkflowBeta1")]
    [InlineData("PauseWorkflowBeta1")]
    [InlineData("ResumeWorkflowBeta1")]
    [InlineData("TerminateWorkflowBeta1")]
    [InlineData("PurgeWorkflowBeta1")]
    public async Task Commands_WithoutAnIdOrForAnotherApp_AreInvalidArgument(string method)
    {
        Assert.Equal("3 no instance ID was provided", await _sidecar.EndAsync(method, Command(method, "", "")));
        Assert.Equal(
            "3 workflow app ID 'other' is invalid: this sidecar runs the workflows of its own app only",
            await _sidecar.EndAsync(method, Command(method, "x", "other")));
    }

    [Fact]
    public async Task RaiseEvent_WithoutAName_IsInvalidArgument() =>
        Assert.Equal(
            "3 missing workflow event name", await _sidecar.EndAsync("RaiseEventWorkflowBeta1", new RaiseEventWorkflowRequest { InstanceId = "x" }));

    [Fact]
    public async Task Purge_RunningInstance_IsInternal()
    {
        await StartAsync("Beta1", "o1");

        Assert.Equal(
            "13 error purging workflow 'o1': orchestration has not yet completed",
            await _sidecar.EndAsync("PurgeWorkflowBeta1", new PurgeWorkflowRequest { InstanceId = "o1" }));
    }

    [Fact]
    public async Task NoActorStateStore_EachKindOfCall_NamesWhatIsMissing()
    {
        await using var bare = await GrpcSidecar.StartAsync(Yaml.Component("statestore", "state.in-memory"));

        Assert.Contains("actorStateStore: \"true\"", await bare.EndAsync("StartWorkflowBeta1", Start("o1")), StringComparison.Ordinal);
        Assert.Contains(
            "actorStateStore: \"true\"",
            await bare.EndAsync("GetWorkflowBeta1", new GetWorkflowRequest { InstanceId = "o1" }),
            StringComparison.Ordinal);
    }

    private static StartWorkflowRequest Start(string instanceId, string input = "") =>
        new() { InstanceId = instanceId, WorkflowComponent = "dapr", WorkflowName = "saga", Input = ByteString.CopyFromUtf8(input) };

    private static IMessage Command(string method, string instanceId, string appId) => method.StartsWith("RaiseEvent", StringComparison.Ordinal)
        ? new RaiseEventWorkflowRequest { InstanceId = instanceId, EventName = "e", AppId = appId }
        : new PauseWorkflowRequest { InstanceId = instanceId, AppId = appId };

    private Task<StartWorkflowResponse> StartAsync(string version, string instanceId, string input = "") =>
        _sidecar.CallAsync($"StartWorkflow{version}", Start(instanceId, input), StartWorkflowResponse.Parser);

    private Task<GetWorkflowResponse> GetAsync(string instanceId) =>
        _sidecar.CallAsync("GetWorkflowBeta1", new GetWorkflowRequest { InstanceId = instanceId }, GetWorkflowResponse.Parser);

    private Task<GetWorkflowResponse> StatusIsAsync(string instanceId, string status) =>
        Eventually.Get(() => GetAsync(instanceId), answer => answer.RuntimeStatus == status);
}
