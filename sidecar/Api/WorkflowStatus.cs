using Sidecar.Grpc.DurableTask;
using Sidecar.Workflows;

namespace Sidecar.Api;

/// <summary>How the management API tells the state of an instance (dapr-contract.md 11.1).</summary>
internal static class WorkflowStatus
{
    public static string Name(OrchestrationStatus status) => status switch
    {
        OrchestrationStatus.Running => "RUNNING",
        OrchestrationStatus.Completed => "COMPLETED",
        OrchestrationStatus.ContinuedAsNew => "CONTINUED_AS_NEW",
        OrchestrationStatus.Failed => "FAILED",
        OrchestrationStatus.Canceled => "CANCELED",
        OrchestrationStatus.Terminated => "TERMINATED",
        OrchestrationStatus.Pending => "PENDING",
        OrchestrationStatus.Suspended => "SUSPENDED",
        _ => "UNKNOWN",
    };

    /// <summary>Those that the instance has, in the order of their names.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Properties(InstanceDocument document) =>
        from property in All(document)
        where property.Value is not null
        select KeyValuePair.Create(property.Name, property.Value);

    private static IEnumerable<(string Name, string? Value)> All(InstanceDocument document) =>
    [
        ("dapr.workflow.custom_status", document.CustomStatus),
        ("dapr.workflow.failure.error_message", document.Failure?.ErrorMessage),
        ("dapr.workflow.failure.error_type", document.Failure?.ErrorType),
        ("dapr.workflow.failure.stack_trace", document.Failure?.StackTrace),
        ("dapr.workflow.input", document.Start.Input),
        ("dapr.workflow.output", document.Output),
    ];
}
