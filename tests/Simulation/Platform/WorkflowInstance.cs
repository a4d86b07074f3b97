using Dapr.Workflow;

namespace DaprShop.Tests.Simulation.Platform;

internal enum WorkflowStatus
{
    Running,
    Completed,
    Failed,
}

/// <summary>What one awaited thing came to: part of the history, so the same in every replay.</summary>
/// <param name="At">The engine's time when it was recorded.</param>
/// <param name="Output">JSON of an activity's result; null for timers and events.</param>
/// <param name="Failure">Why an activity gave up.</param>
/// <param name="TimedOut">A wait for an event that did not come.</param>
internal sealed record Resolution(DateTime At, string? Output = null, string? Failure = null, bool TimedOut = false);

/// <summary>What a workflow wants next. The number is its place in the order of the workflow's calls.</summary>
internal abstract record Command(int Number);

internal sealed record ActivityCommand(int Number, string Name, string Input, WorkflowRetryPolicy? Retry) : Command(Number);

internal sealed record TimerCommand(int Number, DateTime Due) : Command(Number);

/// <param name="Due">Null: waits for ever.</param>
internal sealed record EventCommand(int Number, string EventName, DateTime? Due) : Command(Number);

/// <summary>An instance as it lies in the engine's store. It survives every process.</summary>
internal sealed class WorkflowInstance(string app, string name, string id, string input, DateTime createdAt)
{
    public string App => app;

    public string Name => name;

    public string Id => id;

    public string Input => input;

    public DateTime CreatedAt => createdAt;

    public Dictionary<int, Resolution> History { get; } = [];

    /// <summary>Commands that were scheduled and have no resolution yet.</summary>
    public Dictionary<int, Command> Open { get; } = [];

    /// <summary>Events that came before anybody waited for them.</summary>
    public List<string> Inbox { get; } = [];

    public WorkflowStatus Status { get; set; } = WorkflowStatus.Running;

    public string? Output { get; set; }

    /// <summary>Counts what was recorded: a turn that was decided on an older one is not committed.</summary>
    public int Version { get; set; }
}
