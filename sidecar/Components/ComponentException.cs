namespace Sidecar.Components;

internal enum ComponentFault
{
    /// <summary>The store or broker failed; whether the operation took effect is unknown.</summary>
    Failed,

    /// <summary>The ETag did not match, or a first-write met an existing value.</summary>
    EtagMismatch,

    /// <summary>The ETag is not one this store can have issued.</summary>
    EtagInvalid,

    /// <summary>The request itself is wrong (bad option, bad metadata).</summary>
    BadRequest,

    /// <summary>The driver does not offer this operation.</summary>
    Unsupported,
}

/// <summary>The one exception that drivers throw.</summary>
internal sealed class ComponentException(ComponentFault fault, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public ComponentFault Fault { get; } = fault;
}
