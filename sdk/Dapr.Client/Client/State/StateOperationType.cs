namespace Dapr.Client;

/// <summary>What an operation of a state transaction does.</summary>
public enum StateOperationType
{
    /// <summary>Creates the key or replaces its value.</summary>
    Upsert,

    /// <summary>Removes the key.</summary>
    Delete,
}
