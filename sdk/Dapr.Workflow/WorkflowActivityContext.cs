using Dapr.Workflow.Abstractions;

namespace Dapr.Workflow;

/// <summary>What an activity knows of the call it serves.</summary>
public abstract class WorkflowActivityContext
{
    /// <summary>Name of the activity.</summary>
    public abstract TaskIdentifier Identifier { get; }

    /// <summary>The same for all attempts of one call: a natural idempotency key.</summary>
    public abstract string TaskExecutionKey { get; }

    /// <summary>Id of the workflow instance that called.</summary>
    public abstract string InstanceId { get; }
}
