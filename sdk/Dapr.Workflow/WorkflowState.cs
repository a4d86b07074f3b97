using Dapr.Common.Serialization;
using Dapr.Workflow.Protocol;
using Google.Protobuf.WellKnownTypes;

namespace Dapr.Workflow;

/// <summary>State of a workflow instance at the time it was asked for.</summary>
public sealed class WorkflowState
{
    private readonly InstanceState? _state;
    private readonly IDaprSerializer _serializer;

    internal WorkflowState(InstanceState? state, IDaprSerializer serializer)
    {
        _state = state;
        _serializer = serializer;
    }

    /// <summary>Name the workflow was started under.</summary>
    public string? WorkflowName => _state?.Name;

    /// <summary>Whether there is such an instance.</summary>
    public bool Exists => _state is not null;

    /// <summary>Started and not finished, held or waiting to start.</summary>
    public bool IsWorkflowRunning => RuntimeStatus == WorkflowRuntimeStatus.Running;

    /// <summary>Completed, failed or terminated.</summary>
    public bool IsWorkflowCompleted =>
        RuntimeStatus is WorkflowRuntimeStatus.Completed or WorkflowRuntimeStatus.Failed or WorkflowRuntimeStatus.Terminated;

    /// <summary>When the instance was made; the default for an unknown one.</summary>
    public DateTimeOffset CreatedAt => Time(_state?.CreatedTimestamp);

    /// <summary>When its history last grew; the default for an unknown one.</summary>
    public DateTimeOffset LastUpdatedAt => Time(_state?.LastUpdatedTimestamp);

    /// <summary>Where the instance stands.</summary>
    public WorkflowRuntimeStatus RuntimeStatus => _state?.WorkflowStatus switch
    {
        OrchestrationStatus.Running => WorkflowRuntimeStatus.Running,
        OrchestrationStatus.Completed => WorkflowRuntimeStatus.Completed,
        OrchestrationStatus.ContinuedAsNew => WorkflowRuntimeStatus.ContinuedAsNew,
        OrchestrationStatus.Failed => WorkflowRuntimeStatus.Failed,
        OrchestrationStatus.Canceled => WorkflowRuntimeStatus.Canceled,
        OrchestrationStatus.Terminated => WorkflowRuntimeStatus.Terminated,
        OrchestrationStatus.Pending => WorkflowRuntimeStatus.Pending,
        OrchestrationStatus.Suspended => WorkflowRuntimeStatus.Suspended,
        OrchestrationStatus.Stalled => WorkflowRuntimeStatus.Stalled,
        _ => WorkflowRuntimeStatus.Unknown,
    };

    /// <summary>Why the instance failed; null unless it did.</summary>
    public WorkflowTaskFailureDetails? FailureDetails => _state?.FailureDetails?.ToPublic();

    /// <summary>The input, if it was asked for.</summary>
    public T? ReadInputAs<T>() => _serializer.Deserialize<T>(_state?.Input);

    /// <summary>The result, if there is one and it was asked for.</summary>
    public T? ReadOutputAs<T>() => _serializer.Deserialize<T>(_state?.Output);

    /// <summary>What the workflow last set as its custom status.</summary>
    public T? ReadCustomStatusAs<T>() => _serializer.Deserialize<T>(_state?.CustomStatus);

    private static DateTimeOffset Time(Timestamp? timestamp) => timestamp?.ToDateTimeOffset() ?? default;
}
