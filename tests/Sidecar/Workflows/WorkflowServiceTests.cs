using DaprShop.TestKit;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DurableTask;
using static DaprShop.Tests.Workflows.Actions;

namespace DaprShop.Tests.Workflows;

/// <summary>TaskHubSidecarService of a real sidecar, with scripted workers on real streams.</summary>
public sealed class WorkflowServiceTests
{
    [Fact]
    public async Task Hello_GoldenBytes_AnswersEmpty()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();

        var reply = await sidecar.Client.SendAsync("/TaskHubSidecarService/Hello", [0, 0, 0, 0, 0]);

        Assert.Equal(0, reply.Status);
        Assert.Empty(reply.Single);
    }

    [Fact]
    public async Task StartInstance_GoldenBytes_ReachTheWorkerAsTheContractNumbersThem()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(_ => [Complete(0, "\"ok\"")]);

        // 1 instanceId "i1", 2 name "wf", 4 input StringValue "in"
        byte[] message = [0x0A, 2, (byte)'i', (byte)'1', 0x12, 2, (byte)'w', (byte)'f', 0x22, 4, 0x0A, 2, (byte)'i', (byte)'n'];
        var reply = await sidecar.Client.SendAsync("/TaskHubSidecarService/StartInstance", [0, 0, 0, 0, (byte)message.Length, .. message]);

        Assert.Equal([0x0A, 2, (byte)'i', (byte)'1'], reply.Single);
        var item = worker.Items.First();
        Assert.NotEmpty(item.CompletionToken);
        Assert.Empty(item.WorkflowRequest.PastEvents);
        Assert.Equal([-1, -1], item.WorkflowRequest.NewEvents.Select(happened => happened.EventId));
        Assert.Equal(HistoryEvent.EventTypeOneofCase.WorkflowStarted, item.WorkflowRequest.NewEvents[0].EventTypeCase);
        Assert.Equal(("wf", "in"), (item.WorkflowRequest.NewEvents[1].ExecutionStarted.Name, item.WorkflowRequest.NewEvents[1].ExecutionStarted.Input));
    }

    [Fact]
    public async Task Workflow_FanOutTimerAndEvent_CompletesWithEveryResult()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(Saga);

        Assert.Equal(0, (await sidecar.StartInstanceAsync("o1", "in")).Status);
        Assert.Equal(0, (await sidecar.RaiseAsync("o1", "paid", "\"yes\"")).Status);
        var state = await sidecar.FinishedAsync("o1");

        Assert.Equal((OrchestrationStatus.Completed, "[0][1][2][3][4]\"yes\"", "in"), (state.WorkflowStatus, state.Output, state.Input));
        Assert.NotNull(state.CompletedTimestamp);
        Assert.Equal([0, 1, 2, 3, 4], worker.Activities.Select(item => item.ActivityRequest.TaskId).Order());
    }

    [Fact]
    public async Task RaiseEvent_BeforeAnybodyWaitsAndWhilePending_ArrivesInOrder()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        var start = sidecar.StartInstanceAsync("o1");
        await Eventually.Get(() => sidecar.StateAsync("o1"), state => state?.WorkflowStatus == OrchestrationStatus.Pending);

        await sidecar.RaiseAsync("o1", "paid", "1");
        await sidecar.RaiseAsync("o1", "paid", "2");
        Assert.False(start.IsCompleted);
        await using var worker = sidecar.Work(history =>
            history.Raised("paid").Count() == 2 ? [Complete(0, string.Join(',', history.Raised("paid")))] : []);

        Assert.Equal(0, (await start).Status);
        Assert.Equal("1,2", (await sidecar.FinishedAsync("o1")).Output);
    }

    [Fact]
    public async Task StartInstance_NoWorkerBeforeTheDeadline_IsDeadlineExceededAndTheInstancePending()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();

        var reply = await sidecar.StartInstanceAsync("o1", null, ("grpc-timeout", "200m"));

        Assert.Equal(4, reply.Status);
        Assert.Equal(OrchestrationStatus.Pending, (await sidecar.StateAsync("o1"))!.WorkflowStatus);
    }

    [Fact]
    public async Task StartInstance_TwiceAtOnce_ExactlyOneWins()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(_ => []);

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => sidecar.StartInstanceAsync("o1")));

        Assert.Single(replies, reply => reply.Status == 0);
        Assert.Equal(7, replies.Count(reply => (reply.Status, reply.Message) == (6, "an active workflow with ID 'o1' already exists")));
    }

    [Fact]
    public async Task StartInstance_FinishedId_StartsAnewUnlessUniquenessIsEnforced()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(history => [Complete(0, history.Input)]);
        await sidecar.StartInstanceAsync("o1", "first");
        await sidecar.FinishedAsync("o1");

        var unique = await sidecar.CallAsync(
            "StartInstance", new CreateInstanceRequest { InstanceId = "o1", Name = "saga", Input = "second", EnforceUniqueInstanceId = true });
        Assert.Equal((6, "first"), (unique.Status, (await sidecar.FinishedAsync("o1")).Output));

        Assert.Equal(0, (await sidecar.StartInstanceAsync("o1", "third")).Status);
        Assert.Equal("third", (await sidecar.FinishedAsync("o1")).Output);
    }

    [Fact]
    public async Task StartInstance_Scheduled_AnswersAtOnceAndStartsThen()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(_ => [Complete(0, "late")]);
        var at = TimeProvider.System.GetUtcNow().AddMilliseconds(700);

        await sidecar.CallAsync("StartInstance", new CreateInstanceRequest { InstanceId = "o1", Name = "saga", ScheduledStartTimestamp = at.ToTimestamp() });
        Assert.Equal(OrchestrationStatus.Pending, (await sidecar.StateAsync("o1"))!.WorkflowStatus);

        var state = await sidecar.FinishedAsync("o1");
        Assert.Equal("late", state.Output);
        Assert.True(state.StartedAt.ToDateTimeOffset() >= at);
    }

    [Fact]
    public async Task StartInstance_WithTrace_HandsItToWorkflowAndActivities()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(history => history.Done(0) ? [Complete(1, null)] : [Call(0, "a")]);
        const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

        await sidecar.StartInstanceAsync("o1", null, ("traceparent", Parent));
        await sidecar.FinishedAsync("o1");

        Assert.Equal(Parent, worker.Items.First().WorkflowRequest.NewEvents[1].ExecutionStarted.ParentTraceContext.TraceParent);
        Assert.Equal(Parent, worker.Activities.Single().ActivityRequest.ParentTraceContext.TraceParent);
    }

    [Fact]
    public async Task Activity_Fails_WorkflowSeesTheDetails()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(history => history.Failure(0) is { } failure
            ? [Finish(1, OrchestrationStatus.Failed, failure: failure)]
            : [Call(0, "fail")]);

        await sidecar.StartInstanceAsync("o1");
        var state = await sidecar.FinishedAsync("o1");

        Assert.Equal(
            (OrchestrationStatus.Failed, "System.InvalidOperationException", "out of stock"),
            (state.WorkflowStatus, state.FailureDetails.ErrorType, state.FailureDetails.ErrorMessage));
    }

    [Fact]
    public async Task Activity_AnsweredTwiceOrWithAStaleToken_CountsOnce()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(
            history => history.Done(0) && history.Raised("go").Any() ? [Complete(1, history.Result(0))] : [Call(0, "a", "x")],
            item => item.ActivityRequest is null);
        await sidecar.StartInstanceAsync("o1");
        await Eventually.True(() => worker.Activities.Any());
        var item = worker.Activities.Single();

        await worker.CompleteAsync("CompleteActivityTask", new ActivityResponse { InstanceId = "o1", TaskId = 0, CompletionToken = "stale", Result = "wrong" });
        await worker.CompleteAsync("CompleteActivityTask", new ActivityResponse { InstanceId = "o1", TaskId = 0, CompletionToken = item.CompletionToken, Result = "right" });
        await worker.CompleteAsync("CompleteActivityTask", new ActivityResponse { InstanceId = "o1", TaskId = 0, CompletionToken = item.CompletionToken, Result = "again" });
        await worker.CompleteAsync("CompleteActivityTask", new ActivityResponse { InstanceId = "o1", TaskId = 0, Result = "no token" });
        await sidecar.RaiseAsync("o1", "go");

        Assert.Equal("right", (await sidecar.FinishedAsync("o1")).Output);
        var history = await HistoryAsync(sidecar, "o1");
        Assert.Single(history, happened => happened.TaskCompleted is not null);
    }

    [Fact]
    public async Task Completion_WithoutAToken_IsMatchedByInstanceAndTask()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(_ => [], _ => false);
        var start = sidecar.StartInstanceAsync("o1");
        await Eventually.True(() => !worker.Items.IsEmpty);

        var turn = new WorkflowResponse { InstanceId = "o1" };
        turn.Actions.Add(Call(0, "a"));
        await worker.CompleteAsync("CompleteWorkflowTask", turn);
        await start;
        await Eventually.True(() => worker.Activities.Any());
        await worker.CompleteAsync("CompleteActivityTask", new ActivityResponse { InstanceId = "o1", TaskId = 0, Result = "r" });
        await Eventually.True(() => worker.Items.Count == 3);

        Assert.Equal("r", worker.Items.Last().WorkflowRequest.NewEvents[1].TaskCompleted.Result);
    }

    [Fact]
    public async Task Worker_StreamLost_WorkInHandGoesToAnother()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        string abandoned;
        await using (var dying = sidecar.Work(Saga, item => item.WorkflowRequest is not null))
        {
            await sidecar.StartInstanceAsync("o1", "in");
            await Eventually.True(() => dying.Activities.Count() == 5);
            abandoned = dying.Activities.First().CompletionToken;
        }

        await using var next = sidecar.Work(Saga);
        await sidecar.RaiseAsync("o1", "paid", "!");

        Assert.Equal("[0][1][2][3][4]!", (await sidecar.FinishedAsync("o1")).Output);
        Assert.Equal(5, next.Activities.Count());
        Assert.DoesNotContain(next.Items, item => item.CompletionToken == abandoned);
    }

    [Fact]
    public async Task Workers_Two_ShareTheWork()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var one = sidecar.Work(Saga);
        await using var two = sidecar.Work(Saga);
        await sidecar.CallAsync("Hello", new Empty());

        await Task.WhenAll(Enumerable.Range(0, 10).Select(async number =>
        {
            await sidecar.StartInstanceAsync($"o{number}", "in");
            await sidecar.RaiseAsync($"o{number}", "paid", "!");
            Assert.Equal("[0][1][2][3][4]!", (await sidecar.FinishedAsync($"o{number}")).Output);
        }));

        Assert.InRange(one.Items.Count, 20, 1000);
        Assert.InRange(two.Items.Count, 20, 1000);
    }

    [Fact]
    public async Task Terminate_WorkerIgnoresIt_IsEnforcedBeforeTheAnswer()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(_ => [Call(0, "slow")], item => item.ActivityRequest is null);
        await sidecar.StartInstanceAsync("o1");

        var reply = await sidecar.CallAsync("TerminateInstance", new TerminateRequest { InstanceId = "o1", Output = "\"enough\"" });
        var state = await sidecar.StateAsync("o1");

        Assert.Equal(0, reply.Status);
        Assert.Equal((OrchestrationStatus.Terminated, "\"enough\""), (state!.WorkflowStatus, state.Output));
        Assert.Equal(0, (await sidecar.CallAsync("TerminateInstance", new TerminateRequest { InstanceId = "o1" })).Status);
    }

    [Fact]
    public async Task Purge_OnlyFinishedInstances_AndTheyAreGone()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(history => history.Raised("end").Any() ? [Complete(0, null)] : []);
        await sidecar.StartInstanceAsync("o1");

        var running = await sidecar.CallAsync("PurgeInstances", new PurgeInstancesRequest { InstanceId = "o1" });
        await sidecar.RaiseAsync("o1", "end");
        await sidecar.FinishedAsync("o1");
        var purged = await sidecar.CallAsync("PurgeInstances", new PurgeInstancesRequest { InstanceId = "o1" });
        var again = await sidecar.CallAsync("PurgeInstances", new PurgeInstancesRequest { InstanceId = "o1" });

        Assert.Equal((9, "orchestration has not yet completed"), (running.Status, running.Message));
        Assert.Equal((1, true), (PurgeInstancesResponse.Parser.ParseFrom(purged.Single).DeletedInstanceCount, PurgeInstancesResponse.Parser.ParseFrom(purged.Single).IsComplete));
        Assert.Equal((5, "no such instance exists"), (again.Status, again.Message));
        Assert.Null(await sidecar.StateAsync("o1"));
        Assert.Equal(0, (await sidecar.StartInstanceAsync("o1")).Status);
    }

    [Fact]
    public async Task Calls_UnknownOrFinishedInstance_AreRefused()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(_ => [Complete(0, null)]);
        await sidecar.StartInstanceAsync("done");
        await sidecar.FinishedAsync("done");

        Assert.Equal((5, "no such instance exists"), await StatusAsync(sidecar.RaiseAsync("none", "e")));
        Assert.Equal((5, "no such instance exists"), await StatusAsync(sidecar.CallAsync("TerminateInstance", new TerminateRequest { InstanceId = "none" })));
        Assert.Equal((9, "the workflow with ID 'done' has finished and takes no more events"), await StatusAsync(sidecar.RaiseAsync("done", "e")));
        Assert.Null(await sidecar.StateAsync("none"));
    }

    [Fact]
    public async Task Rpc_NotOfferedYet_IsUnimplementedAndNamed()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();

        var reply = await sidecar.CallAsync("RerunWorkflowFromEvent", new Empty());

        Assert.Equal((12, "RerunWorkflowFromEvent is not supported by this sidecar's workflow engine"), (reply.Status, reply.Message));
    }

    [Fact]
    public async Task List_PageByPage_NamesEveryInstanceOnce()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(_ => [Complete(0, "done")]);
        string[] ids = ["a", "b", "b||c", "d", "e"];
        foreach (var id in ids)
        {
            await sidecar.StartInstanceAsync(id);
            await sidecar.FinishedAsync(id);
        }

        List<string> listed = [];
        var request = new ListInstanceIDsRequest { PageSize = 2 };
        int pages;
        for (pages = 1; ; pages++)
        {
            var page = await sidecar.Client.CallAsync(RemoteWorker.Service + "ListInstanceIDs", request, ListInstanceIDsResponse.Parser);
            listed.AddRange(page.InstanceIds);
            if (!page.HasContinuationToken)
            {
                break;
            }

            request.ContinuationToken = page.ContinuationToken;
        }

        Assert.Equal(ids, listed);
        Assert.Equal(3, pages);
        var all = await sidecar.Client.CallAsync(RemoteWorker.Service + "ListInstanceIDs", new ListInstanceIDsRequest(), ListInstanceIDsResponse.Parser);
        Assert.Equal((5, false), (all.InstanceIds.Count, all.HasContinuationToken));
    }

    [Fact]
    public async Task NoActorStateStore_CallsFailAndNameWhatIsMissing()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync(new Wire.SidecarSetup { Resources = [WorkflowSidecar.Store.Replace("actorStateStore", "other", StringComparison.Ordinal)] });

        var reply = await sidecar.StartInstanceAsync("o1");

        Assert.Equal(9, reply.Status);
        Assert.Contains("actorStateStore: \"true\"", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_ConnectedWorker_StreamEndsAtOnceWithUnavailable()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync(new Wire.SidecarSetup
        {
            Resources = [WorkflowSidecar.Store],
            Options = options => options with { GracefulShutdown = TimeSpan.FromMinutes(10) },
        });
        using var stream = await sidecar.Client.OpenAsync("/TaskHubSidecarService/GetWorkItems", [0, 0, 0, 0, 0], default);

        // The stream does not use up the time that calls in flight are given.
        await sidecar.Running.Host.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(2));
        await stream.Content.ReadAsByteArrayAsync();

        Assert.Equal("14", stream.TrailingHeaders.GetValues("grpc-status").Single());
    }

    private static IEnumerable<WorkflowAction> Saga(History history)
    {
        for (var step = 0; step < 5; step++)
        {
            yield return Call(step, "step", $"{step}");
        }

        yield return Timer(5, history.Now.AddMilliseconds(20));
        if (Enumerable.Range(0, 5).All(history.Done) && history.Fired(5) && history.Raised("paid").Any())
        {
            yield return Complete(6, string.Concat(Enumerable.Range(0, 5).Select(history.Result)) + history.Raised("paid").First());
        }
    }

    private static async Task<(int Status, string Message)> StatusAsync(Task<Grpc.RawReply> call)
    {
        var reply = await call;
        return (reply.Status, reply.Message);
    }

    private static async Task<IReadOnlyList<HistoryEvent>> HistoryAsync(WorkflowSidecar sidecar, string instanceId)
    {
        var reply = await sidecar.CallAsync("GetInstanceHistory", new GetInstanceHistoryRequest { InstanceId = instanceId });
        return GetInstanceHistoryResponse.Parser.ParseFrom(reply.Single).Events;
    }
}
