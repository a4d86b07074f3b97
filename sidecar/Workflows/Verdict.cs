namespace Sidecar.Workflows;

/// <summary>What a decision makes of an instance: its next document, or a refusal, or neither when nothing changes.</summary>
internal readonly record struct Verdict(InstanceDocument? Next, WorkflowException? Refusal)
{
    public static Verdict Unchanged => default;

    public static Verdict Change(InstanceDocument next) => new(next, null);

    public static Verdict Refuse(WorkflowFault fault, string message) => new(null, new WorkflowException(fault, message));
}
