namespace Dapr.Client;

/// <summary>What became of an unlock.</summary>
public enum LockStatus
{
    /// <summary>The lock is free.</summary>
    Success,

    /// <summary>There was no such lock: it was never taken or has expired.</summary>
    LockDoesNotExist,

    /// <summary>Somebody else holds it.</summary>
    LockBelongsToOthers,

    /// <summary>The store could not tell.</summary>
    InternalError,
}
