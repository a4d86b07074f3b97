using Sidecar.Configuration;

namespace Sidecar.Workflows;

/// <summary>The Configuration's <c>spec.workflow</c>: how much of this app's work may be with its workers at once, and how long what ended is kept.</summary>
internal sealed record WorkflowLimits(int Workflows = int.MaxValue, int Activities = int.MaxValue)
{
    public RetentionPolicy Retention { get; init; } = RetentionPolicy.Forever;

    public static WorkflowLimits Of(ConfigurationSpec configuration) =>
        new(configuration.MaxConcurrentWorkflows ?? int.MaxValue, configuration.MaxConcurrentActivities ?? int.MaxValue) { Retention = configuration.WorkflowRetention };
}
