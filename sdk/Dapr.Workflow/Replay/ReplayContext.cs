using Dapr.Common.Serialization;
using Dapr.Workflow.Protocol;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Replay;

/// <summary>The context that workflow code sees during one turn: it turns calls into commands and hands out their tasks.</summary>
internal sealed class ReplayContext(
    string name,
    string instanceId,
    string executionId,
    WorkflowThread thread,
    IDaprSerializer serializer,
    ILoggerFactory loggers) : WorkflowContext
{
    // The end of the protocol's calendar: a wait without a timeout is recorded as one that never ends.
    private static readonly Timestamp Never = new() { Seconds = 253402300799, Nanos = 999999999 };

    private readonly DeterministicIds _ids = new(instanceId, executionId);

    public PendingCommands Commands { get; } = new();

    public ExternalEvents Events { get; } = new();

    public PatchDecisions Patches { get; } = new();

    /// <summary>The turn's time, set from each turn's first event.</summary>
    public DateTime Now { get; set; } = DateTime.UnixEpoch;

    /// <summary>Whether the events being fed are recorded ones.</summary>
    public bool IsPast { get; set; }

    public string? CustomStatus { get; private set; }

    /// <summary>Set once the code asked to start afresh.</summary>
    public (string Input, bool KeepEvents)? NextRun { get; private set; }

    public override string Name => name;

    public override string InstanceId => instanceId;

    public override DateTime CurrentUtcDateTime
    {
        get
        {
            thread.Require(nameof(CurrentUtcDateTime));
            return Now;
        }
    }

    // Loggers ask from wherever they are called, so this one is open to all threads.
    public override bool IsReplaying => IsPast;

    public override bool IsPatched(string patchName)
    {
        thread.Require(nameof(IsPatched));
        ArgumentException.ThrowIfNullOrEmpty(patchName);
        return Patches.IsPatched(patchName, IsPast);
    }

    public override async Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null)
    {
        thread.Require(nameof(CallActivityAsync));
        ArgumentException.ThrowIfNullOrEmpty(name);
        RejectUnsupported(options);
        var payload = serializer.Serialize(input);
        var call = _ids.OfCall(Commands.NextId);

        var result = await DurableRetry.RunAsync(
            options?.RetryPolicy,
            () => Now,
            () => Commands.Add(new WorkflowAction
            {
                ScheduleTask = new ScheduleTaskAction { Name = name, Input = payload, TaskExecutionId = call },
            }).Outcome,
            pause => AddTimer(pause, new CreateTimerAction { ActivityRetry = new ActivityRetryOrigin { TaskExecutionId = call } }).Outcome);
        return serializer.Deserialize<T>(result)!;
    }

    public override async Task<TResult> CallChildWorkflowAsync<TResult>(
        string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null)
    {
        thread.Require(nameof(CallChildWorkflowAsync));
        ArgumentException.ThrowIfNullOrEmpty(workflowName);
        RejectUnsupported(options);
        var payload = serializer.Serialize(input);
        // The same id that a runtime gives a nameless child, so that a retry can name it too.
        var childId = options?.InstanceId ?? $"{instanceId}:{Commands.NextId:x4}";

        var result = await DurableRetry.RunAsync(
            options?.RetryPolicy,
            () => Now,
            () => Commands.Add(new WorkflowAction
            {
                CreateChildWorkflow = new CreateChildWorkflowAction { InstanceId = childId, Name = workflowName, Input = payload },
            }).Outcome,
            pause => AddTimer(
                pause, new CreateTimerAction { ChildWorkflowRetry = new ChildWorkflowRetryOrigin { InstanceId = childId } }).Outcome);
        return serializer.Deserialize<TResult>(result)!;
    }

    public override async Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        thread.Require(nameof(CreateTimer));
        if (fireAt.Kind != DateTimeKind.Utc)
        {
            throw new ArgumentException("A timer fires at a UTC time; derive it from context.CurrentUtcDateTime.", nameof(fireAt));
        }

        cancellationToken.ThrowIfCancellationRequested();
        var timer = Commands.Add(new WorkflowAction
        {
            CreateTimer = new CreateTimerAction { FireAt = Timestamp.FromDateTime(fireAt), CreateTimer = new CreateTimerOrigin() },
        });
        using var cancellation = OnCancelled(() => timer.Cancel(cancellationToken), cancellationToken);
        await timer.Outcome;
    }

    public override async Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default)
    {
        thread.Require(nameof(WaitForExternalEventAsync));
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        cancellationToken.ThrowIfCancellationRequested();
        if (Events.TryTake(eventName, out var early))
        {
            return serializer.Deserialize<T>(early)!;
        }

        var wait = Events.Wait(eventName);
        Commands.Add(
            new WorkflowAction { CreateTimer = new CreateTimerAction { FireAt = Never, ExternalEvent = new ExternalEventOrigin { Name = eventName } } },
            isAwaited: false);
        using var cancellation = OnCancelled(() => wait.Cancel(cancellationToken), cancellationToken);
        return serializer.Deserialize<T>(await wait.Arrival)!;
    }

    public override async Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout)
    {
        thread.Require(nameof(WaitForExternalEventAsync));
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        if (timeout < TimeSpan.Zero)
        {
            return await WaitForExternalEventAsync<T>(eventName, CancellationToken.None);
        }

        if (Events.TryTake(eventName, out var early))
        {
            return serializer.Deserialize<T>(early)!;
        }

        if (timeout == TimeSpan.Zero)
        {
            throw new TaskCanceledException($"Event '{eventName}' has not arrived.");
        }

        var wait = Events.Wait(eventName);
        AddTimer(
            timeout, new CreateTimerAction { ExternalEvent = new ExternalEventOrigin { Name = eventName } }, isAwaited: false, () => wait.Cancel());
        return serializer.Deserialize<T>(await wait.Arrival)!;
    }

    public override void SendEvent(string instanceId, string eventName, object payload) =>
        throw new NotSupportedException(
            "Dapr's runtime refuses events sent by a workflow. Call an activity that uses DaprWorkflowClient.RaiseEventAsync.");

    public override void SetCustomStatus(object? customStatus)
    {
        thread.Require(nameof(SetCustomStatus));
        CustomStatus = serializer.Serialize(customStatus);
    }

    public override ILogger CreateReplaySafeLogger(string categoryName) => new ReplaySafeLogger(loggers.CreateLogger(categoryName), this);

    public override ILogger CreateReplaySafeLogger(System.Type type) => new ReplaySafeLogger(loggers.CreateLogger(type), this);

    public override ILogger CreateReplaySafeLogger<T>() => new ReplaySafeLogger(loggers.CreateLogger<T>(), this);

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        thread.Require(nameof(ContinueAsNew));
        NextRun = (serializer.Serialize(newInput), preserveUnprocessedEvents);
    }

    public override Guid NewGuid()
    {
        thread.Require(nameof(NewGuid));
        return _ids.Next();
    }

    public override PropagatedHistory? GetPropagatedHistory() => null;

    private ScheduledCommand AddTimer(TimeSpan delay, CreateTimerAction timer, bool isAwaited = true, Action? whenFired = null)
    {
        timer.FireAt = delay < DateTime.MaxValue - Now ? Timestamp.FromDateTime(Now + delay) : Never;
        return Commands.Add(new WorkflowAction { CreateTimer = timer }, isAwaited, whenFired);
    }

    // A source that cancels by the machine's clock does so on another thread. Throwing there would end the process.
    private CancellationTokenRegistration OnCancelled(Action cancel, CancellationToken cancellationToken) =>
        cancellationToken.Register(() =>
        {
            if (thread.IsInside)
            {
                cancel();
            }
            else
            {
                thread.Report(DeterminismMessages.CancelledFromOutside);
            }
        });

    private static void RejectUnsupported(WorkflowTaskOptions? options)
    {
        if (options?.TargetAppId is not null)
        {
            throw new NotSupportedException("Calls to another application (TargetAppId) are not supported by this SDK yet.");
        }

        if (options is { PropagationScope: not HistoryPropagationScope.None })
        {
            throw new NotSupportedException("Propagation of history (PropagationScope) is not supported by this SDK yet.");
        }
    }
}
