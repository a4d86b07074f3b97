using Sidecar.Grpc.DurableTask;

namespace Sidecar.Workflows;

/// <summary>Something for a worker: waiting, or in the hands of the worker that <see cref="Holder"/> names.</summary>
internal abstract class Work(LiveInstance owner, string executionId)
{
    public LiveInstance Owner { get; } = owner;

    public string ExecutionId { get; } = executionId;

    /// <summary>Fresh for each hand-over, so that an answer from a worker that was given up on is known as stale.</summary>
    public string Token { get; set; } = "";

    public WorkerStream? Holder { get; set; }

    /// <summary>No longer wanted: its instance has ended or was changed by another writer.</summary>
    public bool Withdrawn { get; set; }

    /// <summary>Matches an answer that carries no token, as older workers send it.</summary>
    public abstract string Key { get; }

    public abstract WorkItem ToItem(DateTimeOffset now);
}

internal sealed class TurnWork(
    LiveInstance owner, string executionId, string instanceId, IReadOnlyList<HistoryEvent> past, IReadOnlyList<HistoryEvent> events)
    : Work(owner, executionId)
{
    public override string Key => instanceId;

    public int Taken => events.Count;

    /// <summary>The workflow's clock for this turn. Stamped at each hand-over: work may wait long for a worker.</summary>
    public HistoryEvent Started { get; private set; } = new();

    public override WorkItem ToItem(DateTimeOffset now)
    {
        Started = HistoryEvents.WorkflowStarted(now);
        var request = new WorkflowRequest { InstanceId = instanceId, ExecutionId = ExecutionId };
        request.PastEvents.AddRange(past);
        request.NewEvents.Add(Started);
        request.NewEvents.AddRange(events);
        return new WorkItem { WorkflowRequest = request, CompletionToken = Token };
    }
}

internal sealed class ActivityWork(LiveInstance owner, string executionId, string instanceId, PendingActivity pending)
    : Work(owner, executionId)
{
    public int TaskId => pending.TaskId;

    public override string Key => KeyOf(instanceId, pending.TaskId);

    public static string KeyOf(string instanceId, int taskId) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{instanceId}||{taskId}");

    public override WorkItem ToItem(DateTimeOffset now) => new()
    {
        ActivityRequest = new ActivityRequest
        {
            Name = pending.Task.Name,
            Version = pending.Task.Version,
            Input = pending.Task.Input,
            WorkflowInstance = new WorkflowInstance { InstanceId = instanceId, ExecutionId = ExecutionId },
            TaskId = pending.TaskId,
            ParentTraceContext = pending.Task.ParentTraceContext,
            TaskExecutionId = pending.Task.TaskExecutionId,
        },
        CompletionToken = Token,
    };
}
