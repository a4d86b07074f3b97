namespace Dapr.Client;

/// <summary>How many replicas of a store must agree.</summary>
public enum ConsistencyMode
{
    /// <summary>Replicas may lag behind.</summary>
    Eventual,

    /// <summary>All replicas, or a quorum, must have it.</summary>
    Strong,
}
