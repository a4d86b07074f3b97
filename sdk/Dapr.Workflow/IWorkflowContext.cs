namespace Dapr.Workflow;

/// <summary>The part of a workflow's context that has no effects.</summary>
public interface IWorkflowContext
{
    /// <summary>Whether the code runs again over recorded history, rather than for the first time.</summary>
    bool IsReplaying { get; }

    /// <summary>The turn's time, the same on every replay.</summary>
    DateTime CurrentUtcDateTime { get; }

    /// <summary>Whether this instance takes the changed path; decided once per instance and recorded.</summary>
    bool IsPatched(string patchName);
}
