namespace Sidecar.Workflows;

/// <summary>The Configuration's <c>spec.workflow</c>: how much of this app's work may be with its workers at once.</summary>
internal sealed record WorkflowLimits
{
    public int MaxConcurrentWorkflowInvocations { get; init; } = int.MaxValue;

    public int MaxConcurrentActivityInvocations { get; init; } = int.MaxValue;
}
