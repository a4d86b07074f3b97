namespace Dapr.Workflow;

/// <summary>Where a workflow instance stands.</summary>
public enum WorkflowRuntimeStatus
{
    /// <summary>No such instance, or a state that this SDK does not know.</summary>
    Unknown = -1,

    /// <summary>Started and not finished.</summary>
    Running = 0,

    /// <summary>Finished with a result.</summary>
    Completed = 1,

    /// <summary>Restarting with a new input.</summary>
    ContinuedAsNew = 2,

    /// <summary>Finished by an exception.</summary>
    Failed = 3,

    /// <summary>Cancelled.</summary>
    Canceled = 4,

    /// <summary>Ended from outside.</summary>
    Terminated = 5,

    /// <summary>Accepted and not started.</summary>
    Pending = 6,

    /// <summary>Held; events are recorded and handled when it is resumed.</summary>
    Suspended = 7,

    /// <summary>Held by the runtime, because no worker can go on with it.</summary>
    Stalled = 8,
}
