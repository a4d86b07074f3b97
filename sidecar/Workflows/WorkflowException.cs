namespace Sidecar.Workflows;

internal enum WorkflowFault
{
    NotFound,
    AlreadyExists,

    /// <summary>The instance is in a state that does not allow the operation.</summary>
    WrongState,

    /// <summary>No state store is set up for workflows.</summary>
    NotConfigured,

    /// <summary>Another sidecar of the app owns the instance now; nothing was done here.</summary>
    Moved,

    /// <summary>The state store or the instance's owner failed, or the sidecar is stopping. Whether the operation took effect is unknown; repeat it.</summary>
    Unavailable,
}

/// <summary>Why the engine refuses an operation; each API maps the fault to its own codes.</summary>
internal sealed class WorkflowException(WorkflowFault fault, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public WorkflowFault Fault { get; } = fault;
}
