using System.Collections.Concurrent;
using System.Diagnostics;
using Dapr.Workflow;
using Dapr.Workflow.Protocol;
using DaprShop.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.Workflow;

/// <summary>The worker against a sidecar whose every message the test writes.</summary>
public sealed class WorkerTests : IAsyncLifetime
{
    private readonly List<IHost> _hosts = [];
    private ScriptedTaskHub _hub = null!;

    public async Task InitializeAsync() => _hub = await ScriptedTaskHub.StartAsync();

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.StopAsync();
            host.Dispose();
        }

        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task Connect_SaysHelloThenAsksForWorkWithTheToken()
    {
        await StartAsync(_ => { });

        await Eventually.True(() => _hub.Streams == 1);

        Assert.Equal(
            ["/TaskHubSidecarService/Hello", "/TaskHubSidecarService/GetWorkItems"], _hub.Server.Calls.Select(call => call.Path));
        Assert.Equal(new byte[5], _hub.Server.Calls.Last().Body);
        Assert.All(_hub.Server.Calls, call => Assert.Equal("secret", call.Headers["dapr-api-token"]));
    }

    [Fact]
    public async Task WorkflowItem_IsAnsweredWithActionsStatusAndToken()
    {
        await StartAsync(options => options.RegisterWorkflow<int, int>("Count", async (context, input) =>
        {
            context.SetCustomStatus("counting");
            _ = context.IsPatched("p1");
            return await context.CallActivityAsync<int>("Next", input);
        }));

        _hub.SendStart("count", 41);

        var turn = await _hub.NextTurnAsync();
        Assert.Equal("w-1", turn.InstanceId);
        Assert.Equal("turn-w-1", turn.CompletionToken);
        Assert.Equal("\"counting\"", turn.CustomStatus);
        Assert.Equal(["p1"], turn.Version.Patches);
        var call = Assert.Single(turn.Actions);
        Assert.Equal((0, "Next", "41"), (call.Id, call.ScheduleTask.Name, call.ScheduleTask.Input));
    }

    [Fact]
    public async Task ActivityItem_RunsInAScopeOfItsOwn_AndAnswersItsResult()
    {
        await StartAsync(options => options.RegisterActivity<GreetActivity>(), services => services.AddScoped<Greeting>());

        _hub.SendActivity(nameof(GreetActivity), "Ada", taskId: 7);
        var first = await _hub.NextResultAsync();
        _hub.SendActivity("greetactivity", "Bob", taskId: 8);
        var second = await _hub.NextResultAsync();

        Assert.Equal("\"Hello Ada (1) GreetActivity x-7 w-1\"", first.Result);
        Assert.Equal("\"Hello Bob (1) greetactivity x-8 w-1\"", second.Result);
        Assert.Equal(("w-1", 7, "token-7"), (first.InstanceId, first.TaskId, first.CompletionToken));
    }

    [Fact]
    public async Task FieldsOfInputs_AreRead()
    {
        await StartAsync(options => options.RegisterActivity<(int Left, int Right), int>("Add", (_, pair) => Task.FromResult(pair.Left + pair.Right)));

        _hub.SendActivity("Add", (Left: 2, Right: 3));

        Assert.Equal("5", (await _hub.NextResultAsync()).Result);
    }

    [Fact]
    public async Task FailingUnknownAndUnmakeableActivities_AnswerFailures_AndTheStreamGoesOn()
    {
        await StartAsync(options =>
        {
            options.RegisterActivity<int, int>("Fail", (_, _) => throw new TimeoutException("provider is slow"));
            options.RegisterActivity<int, int>("Echo", (_, input) => Task.FromResult(input));
            options.RegisterActivity<GreetActivity>();
        });

        _hub.SendActivity("Fail", 1);
        var failed = await _hub.NextResultAsync();
        _hub.SendActivity("Missing", 1);
        var missing = await _hub.NextResultAsync();
        _hub.SendActivity("Echo", "not a number");
        var unreadable = await _hub.NextResultAsync();
        _hub.SendActivity(nameof(GreetActivity), "Ada");
        var unmakeable = await _hub.NextResultAsync();
        _hub.SendActivity("Echo", 5);
        var fine = await _hub.NextResultAsync();

        Assert.Equal(("System.TimeoutException", "provider is slow"), (failed.FailureDetails.ErrorType, failed.FailureDetails.ErrorMessage));
        Assert.Contains(nameof(WorkerTests), failed.FailureDetails.StackTrace, StringComparison.Ordinal);
        Assert.Null(failed.Result);
        Assert.Equal("Activity 'Missing' is not registered with this worker.", missing.FailureDetails.ErrorMessage);
        Assert.Equal("System.Text.Json.JsonException", unreadable.FailureDetails.ErrorType);
        Assert.Equal("System.InvalidOperationException", unmakeable.FailureDetails.ErrorType);
        Assert.Equal("5", fine.Result);
        Assert.Equal(1, _hub.Streams);
    }

    [Fact]
    public async Task UnknownWorkflow_FailsTheInstance()
    {
        await StartAsync(_ => { });

        _hub.SendStart("Missing", 1);

        var completion = Assert.Single((await _hub.NextTurnAsync()).Actions).CompleteWorkflow;
        Assert.Equal(OrchestrationStatus.Failed, completion.WorkflowStatus);
        Assert.Equal("Workflow 'Missing' is not registered with this worker.", completion.FailureDetails.ErrorMessage);
    }

    [Fact]
    public async Task Activities_UpToAHundred_RunSideBySide_WhileWorkflowsGoOn()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = 0;
        await StartAsync(options =>
        {
            options.RegisterActivity<int, int>("Hold", async (_, input) =>
            {
                Interlocked.Increment(ref running);
                await release.Task;
                return input;
            });
            options.RegisterWorkflow<int, int>("Quick", (_, input) => Task.FromResult(input));
        });

        for (var n = 0; n < 101; n++)
        {
            _hub.SendActivity("Hold", n, taskId: n);
        }

        await Eventually.True(() => Volatile.Read(ref running) == 100);
        _hub.SendStart("Quick", 3);
        var turn = await _hub.NextTurnAsync();
        Assert.Equal("3", turn.Actions[0].CompleteWorkflow.Result);
        Assert.Equal(100, Volatile.Read(ref running));
        release.SetResult();

        var answered = new HashSet<int>();
        for (var n = 0; n < 101; n++)
        {
            answered.Add((await _hub.NextResultAsync()).TaskId);
        }

        Assert.Equal(101, answered.Count);
    }

    [Fact]
    public async Task ActivityOfATracedWorkflow_ContinuesThatTrace_WithoutAnyListener()
    {
        await StartAsync(options => options.RegisterActivity<int, string?>("Trace", (_, _) =>
            Task.FromResult(Activity.Current is { } current ? $"{current.TraceId} {current.ParentSpanId} {current.TraceStateString}" : null)));

        _hub.SendActivity("Trace", 1, also: request => request.ParentTraceContext = new TraceContext
        {
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            TraceState = "shop=1",
        });

        Assert.Equal("\"0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 shop=1\"", (await _hub.NextResultAsync()).Result);
    }

    [Fact]
    public async Task ActivityLogs_CarryTheInstanceId()
    {
        var scopes = new ScopeRecorder();
        await StartAsync(
            options => options.RegisterActivity<int, int>("Log", (_, input) => Task.FromResult(input)),
            services => services.AddLogging(logging => logging.AddProvider(scopes)));

        _hub.SendActivity("Log", 1);
        await _hub.NextResultAsync();

        Assert.Contains("w-1", scopes.InstanceIds);
    }

    [Fact]
    public async Task StreamEnds_IsOpenedAgainAfterFiveSeconds()
    {
        var clock = new ManualClock();
        await StartAsync(options => options.RegisterActivity<int, int>("Echo", (_, input) => Task.FromResult(input)), clock: clock);
        await Eventually.True(() => _hub.Streams == 1);

        _hub.EndStream();
        await Eventually.True(() => _hub.Server.Calls.Count == 2 && clock.PendingTimers > 0);
        await AdvanceUntilAsync(clock, TimeSpan.FromSeconds(1), () => _hub.Streams == 2, atLeast: TimeSpan.FromSeconds(5));
        _hub.SendActivity("Echo", 5);

        Assert.Equal("5", (await _hub.NextResultAsync()).Result);
    }

    [Fact]
    public async Task Stream_LeftAlone_SaysHelloEveryThirtySeconds()
    {
        var clock = new ManualClock();
        await StartAsync(_ => { }, clock: clock);
        await Eventually.True(() => _hub.Streams == 1 && clock.PendingTimers > 0);

        await AdvanceUntilAsync(clock, TimeSpan.FromSeconds(30), () => _hub.Hellos == 2, atLeast: TimeSpan.FromSeconds(30));

        Assert.Equal(1, _hub.Streams);
    }

    [Fact]
    public async Task SidecarThatComesLater_IsTriedOftenAndNotAfterTheLongPauses()
    {
        var port = _hub.Server.Address.Port;
        await _hub.DisposeAsync();
        var clock = new RecordingClock();
        await StartAsync(options => options.RegisterActivity<int, int>("Echo", (_, input) => Task.FromResult(input)), clock: clock, port: port);
        await Eventually.True(() => clock.Waits.Contains(TimeSpan.FromMilliseconds(250)));

        _hub = await ScriptedTaskHub.StartAsync(port);
        _hub.SendActivity("Echo", 5);

        Assert.Equal("5", (await _hub.NextResultAsync()).Result);
        Assert.DoesNotContain(TimeSpan.FromSeconds(5), clock.Waits);
    }

    /// <summary>Real time, and how long was waited.</summary>
    private sealed class RecordingClock : TimeProvider
    {
        private readonly ConcurrentQueue<TimeSpan> _waits = new();

        public IReadOnlyList<TimeSpan> Waits => [.. _waits];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _waits.Enqueue(dueTime);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    [Fact]
    public async Task Stop_WithAnActivityRunning_HandsItsResultInFirst()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = await StartAsync(options => options.RegisterActivity<int, int>("Hold", async (_, input) =>
        {
            started.TrySetResult();
            await release.Task;
            return input;
        }));
        _hub.SendActivity("Hold", 9);
        await started.Task;

        var stopping = host.StopAsync();
        release.SetResult();
        await stopping;

        Assert.Equal("9", (await _hub.NextResultAsync()).Result);
    }

    [Fact]
    public async Task HandingIn_SidecarBusyAtFirst_IsTriedAgain()
    {
        var attempts = 0;
        var accepted = new TaskCompletionSource<ActivityResponse>();
        _hub.Server.On("/TaskHubSidecarService/CompleteActivityTask", async call =>
        {
            if (++attempts < 3)
            {
                call.Response.Headers["grpc-status"] = "14";
                return;
            }

            await call.WriteAsync(new CompleteTaskResponse());
            call.End(0);
            accepted.SetResult(call.Read(ActivityResponse.Parser));
        });
        await StartAsync(options => options.RegisterActivity<int, int>("Echo", (_, input) => Task.FromResult(input)));

        _hub.SendActivity("Echo", 5);

        Assert.Equal("5", (await accepted.Task.WaitAsync(TimeSpan.FromSeconds(20))).Result);
        Assert.Equal(3, attempts);
    }

    [Fact]
    public async Task HandingIn_ResultTooLargeForTheSidecar_BecomesAFailure()
    {
        var accepted = new TaskCompletionSource<ActivityResponse>();
        _hub.Server.On("/TaskHubSidecarService/CompleteActivityTask", async call =>
        {
            var response = call.Read(ActivityResponse.Parser);
            if (response.FailureDetails is null)
            {
                call.Response.Headers["grpc-status"] = "8";
                call.Response.Headers["grpc-message"] = "too large";
                return;
            }

            await call.WriteAsync(new CompleteTaskResponse());
            call.End(0);
            accepted.SetResult(response);
        });
        await StartAsync(options => options.RegisterActivity<int, string>("Big", (_, _) => Task.FromResult("big")));

        _hub.SendActivity("Big", 1);

        var response = await accepted.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Null(response.Result);
        Assert.Contains("too large", response.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CodeThatComesBackAfterItsTurn_FailsTheInstanceOnItsNextTurn()
    {
        var foreign = new TaskCompletionSource();
        await StartAsync(options => options.RegisterWorkflow<int, int>("Mixed", async (context, _) =>
        {
            await Task.WhenAny(foreign.Task, context.WaitForExternalEventAsync<string>("e"));
            return 0;
        }));

        _hub.SendStart("Mixed", 1);
        Assert.Null(Assert.Single((await _hub.NextTurnAsync()).Actions).CompleteWorkflow);
        await Task.Run(foreign.SetResult);
        _hub.SendStart("Mixed", 1);
        var turn = await _hub.NextTurnAsync();

        Assert.Contains("came back from another thread", turn.Actions[0].CompleteWorkflow.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BlockedWorkflow_IsFailedByTheWatchdog_AndOthersGoOn()
    {
        var clock = new ManualClock();
        await StartAsync(
            options =>
            {
#pragma warning disable xUnit1031 // The mistake under test.
                options.RegisterWorkflow<int, int>("Blocking", (context, _) => Task.FromResult(context.CallActivityAsync<int>("A").Result));
#pragma warning restore xUnit1031
                options.RegisterWorkflow<int, int>("Quick", (_, input) => Task.FromResult(input));
            },
            clock: clock);
        await Eventually.True(() => _hub.Streams == 1);

        _hub.SendStart("Blocking", 1, "w-blocked");
        var blocked = _hub.NextTurnAsync();
        await AdvanceUntilAsync(clock, TimeSpan.FromSeconds(1), () => blocked.IsCompleted, atLeast: TimeSpan.FromSeconds(10));

        var failure = (await blocked).Actions[0].CompleteWorkflow.FailureDetails;
        Assert.Contains("Workflow 'Blocking' has blocked its thread", failure.ErrorMessage, StringComparison.Ordinal);
        _hub.SendStart("Quick", 4, "w-quick");
        Assert.Equal("4", (await _hub.NextTurnAsync()).Actions[0].CompleteWorkflow.Result);
    }

    private async Task<IHost> StartAsync(
        Action<WorkflowRuntimeOptions> register, Action<IServiceCollection>? services = null, TimeProvider? clock = null, int? port = null)
    {
        var address = port is { } number ? new Uri($"http://127.0.0.1:{number}") : _hub.Server.Address;
        var host = ScriptedTaskHub.Worker(address, register, services, clock);
        _hosts.Add(host);
        await host.StartAsync();
        return host;
    }

    // Other threads arm timers while the clock moves, so it moves in steps; the sum shows that it did not happen too early.
    private static async Task AdvanceUntilAsync(ManualClock clock, TimeSpan step, Func<bool> done, TimeSpan atLeast)
    {
        var advanced = TimeSpan.Zero;
        await Eventually.True(
            () =>
            {
                if (!done())
                {
                    clock.Advance(step);
                    advanced += step;
                }

                return done();
            });
        Assert.True(advanced >= atLeast, $"happened after {advanced}");
    }

    private sealed class Greeting
    {
        private int _used;

        public string Greet(string name) => $"Hello {name} ({++_used})";
    }

    private sealed class GreetActivity(Greeting greeting) : WorkflowActivity<string, string>
    {
        public override Task<string> RunAsync(WorkflowActivityContext context, string input) =>
            Task.FromResult($"{greeting.Greet(input)} {context.Identifier.Name} {context.TaskExecutionKey} {context.InstanceId}");
    }
}
