namespace Dapr.Client;

/// <summary>How a state operation treats concurrent writers and replicas. What is null is the store's choice.</summary>
public class StateOptions
{
    /// <summary>How many replicas must agree.</summary>
    public ConsistencyMode? Consistency { get; set; }

    /// <summary>Which of two concurrent writers wins.</summary>
    public ConcurrencyMode? Concurrency { get; set; }
}
