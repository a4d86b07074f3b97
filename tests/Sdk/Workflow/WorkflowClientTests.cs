using System.Diagnostics;
using Dapr.Common.Serialization;
using Dapr.Workflow;
using Dapr.Workflow.Grpc;
using Dapr.Workflow.Protocol;
using Dapr.Workflow.Registration;
using DaprShop.TestKit;
using DaprShop.Tests.Grpc;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.Workflow;

public sealed class WorkflowClientTests : IAsyncLifetime
{
    private const string Service = "/TaskHubSidecarService/";
    private GrpcServer _server = null!;
    private GrpcChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _server = await GrpcServer.StartAsync();
        _channel = new GrpcChannel(new GrpcChannelSettings(_server.Address), TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Schedule_WithAnId_SendsExactlyTheseBytes()
    {
        _server.OnUnary(Service + "StartInstance", _ => new CreateInstanceResponse { InstanceId = "o-1" });

        var id = await Client().ScheduleNewWorkflowAsync("Order", "o-1", new { A = 1 });

        Assert.Equal("o-1", id);
        // 1: "o-1", 2: "Order", 4: StringValue { 1: "{\"a\":1}" }
        Assert.Equal(
            [0, 0, 0, 0, 23, 0x0a, 3, .. "o-1"u8, 0x12, 5, .. "Order"u8, 0x22, 9, 0x0a, 7, .. "{\"a\":1}"u8],
            Assert.Single(_server.Calls).Body);
    }

    [Fact]
    public async Task ListInstanceIds_Page_AsksAndAnswersAsOnTheWire()
    {
        _server.OnUnary(Service + "ListInstanceIDs", _ => new ListInstanceIDsResponse { InstanceIds = { "a", "b" }, ContinuationToken = "b" });

        var page = await Client().ListInstanceIdsAsync("x", 2);

        Assert.Equal(["a", "b"], page.InstanceIds);
        Assert.Equal("b", page.ContinuationToken);
        // 1: "x", 2: 2
        Assert.Equal([0, 0, 0, 0, 5, 0x0a, 1, (byte)'x', 0x10, 2], Assert.Single(_server.Calls).Body);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Client().ListInstanceIdsAsync(pageSize: 0));
    }

    [Fact]
    public async Task Schedule_WithoutIdAndInput_MakesAnIdAndSendsAnEmptyInput()
    {
        _server.OnUnary(Service + "StartInstance", _ => new CreateInstanceResponse());

        var id = await Client().ScheduleNewWorkflowAsync("Order");

        var request = Assert.Single(_server.Calls).Read(CreateInstanceRequest.Parser);
        Assert.Equal("00000000-0000-0000-0000-00000000002a", id);
        Assert.Equal(id, request.InstanceId);
        Assert.Equal(string.Empty, request.Input);
        Assert.Null(request.ScheduledStartTimestamp);
    }

    [Fact]
    public async Task Schedule_LaterAndInsideATrace_SendsBoth()
    {
        _server.OnUnary(Service + "StartInstance", call => new CreateInstanceResponse { InstanceId = call.Read(CreateInstanceRequest.Parser).InstanceId });
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        var start = new DateTimeOffset(2026, 7, 8, 9, 10, 11, TimeSpan.FromHours(8));

        await Client().ScheduleNewWorkflowAsync("Order", "o-2", 5, start);
        await Client().ScheduleNewWorkflowAsync("Order", "o-3", 5, start.UtcDateTime);

        Assert.All(_server.Calls, call =>
        {
            var request = call.Read(CreateInstanceRequest.Parser);
            Assert.Equal(start.ToUniversalTime(), request.ScheduledStartTimestamp.ToDateTimeOffset());
            Assert.Equal(activity.Id, request.ParentTraceContext.TraceParent);
        });
    }

    [Fact]
    public async Task GetState_KnownInstance_ReadsEveryMember()
    {
        _server.OnUnary(Service + "GetInstance", _ => new GetInstanceResponse
        {
            Exists = true,
            WorkflowState = new InstanceState
            {
                InstanceId = "o-1",
                Name = "Order",
                WorkflowStatus = OrchestrationStatus.Failed,
                CreatedTimestamp = Timestamp.FromDateTime(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc)),
                LastUpdatedTimestamp = Timestamp.FromDateTime(new DateTime(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc)),
                Input = "5",
                Output = "\"out\"",
                CustomStatus = "\"half\"",
                FailureDetails = new TaskFailureDetails { ErrorType = "System.TimeoutException", ErrorMessage = "slow", StackTrace = "at X" },
            },
        });

        var state = await Client().GetWorkflowStateAsync("o-1");

        Assert.Equal([0, 0, 0, 0, 7, 0x0a, 3, .. "o-1"u8, 0x10, 1], Assert.Single(_server.Calls).Body);
        Assert.True(state.Exists);
        Assert.Equal("Order", state.WorkflowName);
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.True(state.IsWorkflowCompleted);
        Assert.False(state.IsWorkflowRunning);
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), state.CreatedAt);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero), state.LastUpdatedAt);
        Assert.Equal(5, state.ReadInputAs<int>());
        Assert.Equal("out", state.ReadOutputAs<string>());
        Assert.Equal("half", state.ReadCustomStatusAs<string>());
        Assert.Equal("System.TimeoutException: slow", state.FailureDetails!.ToString());
        Assert.True(state.FailureDetails.IsCausedBy<TimeoutException>());
        Assert.True(state.FailureDetails.IsCausedBy<SystemException>());
        Assert.False(state.FailureDetails.IsCausedBy<ArgumentException>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task GetState_UnknownInstance_DoesNotExist(bool byStatus)
    {
        _server.On(Service + "GetInstance", async call =>
        {
            if (byStatus)
            {
                call.Response.Headers["grpc-status"] = "5";
                return;
            }

            await call.WriteAsync(new GetInstanceResponse());
            call.End(0);
        });

        var state = await Client().GetWorkflowStateAsync("o-1");

        Assert.False(state.Exists);
        Assert.Equal(WorkflowRuntimeStatus.Unknown, state.RuntimeStatus);
        Assert.Equal(0, state.ReadInputAs<int>());
        Assert.Null(state.FailureDetails);
    }

    [Theory]
    [InlineData(OrchestrationStatus.Running, WorkflowRuntimeStatus.Running, false)]
    [InlineData(OrchestrationStatus.Completed, WorkflowRuntimeStatus.Completed, true)]
    [InlineData(OrchestrationStatus.ContinuedAsNew, WorkflowRuntimeStatus.ContinuedAsNew, false)]
    [InlineData(OrchestrationStatus.Canceled, WorkflowRuntimeStatus.Canceled, false)]
    [InlineData(OrchestrationStatus.Terminated, WorkflowRuntimeStatus.Terminated, true)]
    [InlineData(OrchestrationStatus.Pending, WorkflowRuntimeStatus.Pending, false)]
    [InlineData(OrchestrationStatus.Suspended, WorkflowRuntimeStatus.Suspended, false)]
    [InlineData(OrchestrationStatus.Stalled, WorkflowRuntimeStatus.Stalled, false)]
    [InlineData((OrchestrationStatus)77, WorkflowRuntimeStatus.Unknown, false)]
    internal void State_OnTheWire_MapsToTheStatus(OrchestrationStatus wire, WorkflowRuntimeStatus expected, bool completed)
    {
        var state = new WorkflowState(new InstanceState { WorkflowStatus = wire }, WorkflowPlay.Serializer);

        Assert.Equal(expected, state.RuntimeStatus);
        Assert.Equal(completed, state.IsWorkflowCompleted);
    }

    [Fact]
    public async Task OtherFailures_ReachTheCaller()
    {
        _server.On(Service + "StartInstance", call =>
        {
            call.Response.Headers["grpc-status"] = "6";
            call.Response.Headers["grpc-message"] = "an active workflow with ID 'o-1' already exists";
            return Task.CompletedTask;
        });

        var failure = await Assert.ThrowsAsync<GrpcCallException>(() => Client().ScheduleNewWorkflowAsync("Order", "o-1"));

        Assert.Equal(GrpcStatus.AlreadyExists, failure.Status);
    }

    [Fact]
    public async Task WaitForCompletion_SidecarGoesAway_AsksAgainWithGrowingPauses_ThenReadsTheResult()
    {
        var clock = new ManualClock();
        var calls = 0;
        _server.On(Service + "WaitForInstanceCompletion", async call =>
        {
            if (++calls <= 3)
            {
                call.Response.Headers["grpc-status"] = calls == 2 ? "4" : "14";
                return;
            }

            await call.WriteAsync(new GetInstanceResponse { Exists = true, WorkflowState = new InstanceState { WorkflowStatus = OrchestrationStatus.Completed } });
            call.End(0);
        });
        _server.OnUnary(Service + "GetInstance", _ => new GetInstanceResponse
        {
            Exists = true,
            WorkflowState = new InstanceState { WorkflowStatus = OrchestrationStatus.Completed, Output = "7" },
        });

        var waiting = Client(clock).WaitForWorkflowCompletionAsync("o-1");
        foreach (var pause in new[] { 50, 100, 200 })
        {
            await Eventually.True(() => clock.PendingTimers == 1);
            clock.Advance(TimeSpan.FromMilliseconds(pause - 1));
            Assert.Equal(1, clock.PendingTimers);
            clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(7, (await waiting).ReadOutputAs<int>());
        Assert.Equal(4, calls);
        Assert.Equal(Service + "GetInstance", _server.Calls.Last().Path);
    }

    [Fact]
    public async Task WaitForStart_WithoutPayloads_IsOneCall()
    {
        _server.OnUnary(Service + "WaitForInstanceStart", _ => new GetInstanceResponse { Exists = true, WorkflowState = new InstanceState { Name = "Order" } });

        var state = await Client().WaitForWorkflowStartAsync("o-1", getInputsAndOutputs: false);

        Assert.True(state.IsWorkflowRunning);
        Assert.Equal([0, 0, 0, 0, 5, 0x0a, 3, .. "o-1"u8], Assert.Single(_server.Calls).Body);
    }

    [Fact]
    public async Task Waits_ForAnUnknownInstance_Throw()
    {
        _server.OnUnary(Service + "WaitForInstanceStart", _ => new GetInstanceResponse());
        _server.OnUnary(Service + "WaitForInstanceCompletion", _ => new GetInstanceResponse());

        await Assert.ThrowsAsync<InvalidOperationException>(() => Client().WaitForWorkflowStartAsync("o-1"));
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => Client().WaitForWorkflowCompletionAsync("o-1"));

        Assert.Contains("'o-1'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RaiseEvent_SendsExactlyTheseBytes()
    {
        _server.OnUnary(Service + "RaiseEvent", _ => new RaiseEventResponse());

        await Client().RaiseEventAsync("o-1", "Paid", "yes");
        await Client().RaiseEventAsync("o-1", "Paid");

        Assert.Equal(
            [0, 0, 0, 0, 20, 0x0a, 3, .. "o-1"u8, 0x12, 4, .. "Paid"u8, 0x1a, 7, 0x0a, 5, .. "\"yes\""u8],
            _server.Calls.First().Body);
        Assert.Equal([0, 0, 0, 0, 13, 0x0a, 3, .. "o-1"u8, 0x12, 4, .. "Paid"u8, 0x1a, 0], _server.Calls.Last().Body);
    }

    [Fact]
    public async Task TerminateAndPurge_AreRecursive()
    {
        _server.OnUnary(Service + "TerminateInstance", _ => new TerminateResponse());
        _server.OnUnary(Service + "PurgeInstances", call =>
            new PurgeInstancesResponse { DeletedInstanceCount = call.Read(PurgeInstancesRequest.Parser).InstanceId == "o-1" ? 1 : 0 });
        var client = Client();

        await client.TerminateWorkflowAsync("o-1", "bye");
        var purged = await client.PurgeInstanceAsync("o-1");
        var nothing = await client.PurgeInstanceAsync("o-2");

        Assert.Equal(
            [0, 0, 0, 0, 16, 0x0a, 3, .. "o-1"u8, 0x12, 7, 0x0a, 5, .. "\"bye\""u8, 0x18, 1], _server.Calls.First().Body);
        Assert.Equal([0, 0, 0, 0, 7, 0x0a, 3, .. "o-1"u8, 0x18, 1], _server.Calls.ElementAt(1).Body);
        Assert.True(purged);
        Assert.False(nothing);
    }

    [Fact]
    public async Task SuspendAndResume_SendTheReason()
    {
        _server.OnUnary(Service + "SuspendInstance", _ => new SuspendResponse());
        _server.OnUnary(Service + "ResumeInstance", _ => new ResumeResponse());

        await Client().SuspendWorkflowAsync("o-1", "audit");
        await Client().ResumeWorkflowAsync("o-1");

        Assert.Equal([0, 0, 0, 0, 14, 0x0a, 3, .. "o-1"u8, 0x12, 7, 0x0a, 5, .. "audit"u8], _server.Calls.First().Body);
        Assert.Equal([0, 0, 0, 0, 7, 0x0a, 3, .. "o-1"u8, 0x12, 0], _server.Calls.Last().Body);
    }

    [Fact]
    public async Task Registration_GivesTheClientButNotItsInterface_WithWebJsonWithoutFields()
    {
        _server.OnUnary(Service + "StartInstance", _ => new CreateInstanceResponse { InstanceId = "o-1" });
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["DAPR_GRPC_ENDPOINT"] = _server.Address.ToString() })
            .Build());
        services.AddDaprWorkflow(_ => { }, ServiceLifetime.Scoped);
        await using var provider = services.BuildServiceProvider();
        await using var scope = provider.CreateAsyncScope();

        await scope.ServiceProvider.GetRequiredService<DaprWorkflowClient>().ScheduleNewWorkflowAsync("Order", "o-1", (Left: 1, Right: 2));

        Assert.Null(provider.GetService<IDaprWorkflowClient>());
        Assert.Equal("{}", Assert.Single(_server.Calls).Read(CreateInstanceRequest.Parser).Input);
    }

    [Fact]
    public async Task Builder_MakesAClientOfItsOwn_WithTheGivenSerializer()
    {
        _server.OnUnary(Service + "StartInstance", _ => new CreateInstanceResponse { InstanceId = "o-1" });
        await using var client = new DaprWorkflowClientBuilder()
            .UseSerializer(new JsonDaprSerializer(new System.Text.Json.JsonSerializerOptions { IncludeFields = true }))
            .UseGrpcEndpoint(_server.Address.ToString())
            .UseDaprApiToken("secret")
            .Build();

        await client.ScheduleNewWorkflowAsync("Order", "o-1", (1, 2));

        var call = Assert.Single(_server.Calls);
        Assert.Equal("""{"Item1":1,"Item2":2}""", call.Read(CreateInstanceRequest.Parser).Input);
        Assert.Equal("secret", call.Headers["dapr-api-token"]);
    }

    private DaprWorkflowClient Client(TimeProvider? clock = null) => new(
        _channel,
        ownsChannel: false,
        new JsonDaprSerializer(new System.Text.Json.JsonSerializerOptions(System.Text.Json.JsonSerializerDefaults.Web)),
        clock ?? TimeProvider.System,
        () => new Guid("00000000-0000-0000-0000-00000000002a"));
}
