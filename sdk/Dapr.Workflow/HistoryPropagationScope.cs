namespace Dapr.Workflow;

/// <summary>How much of its history a workflow hands to what it calls.</summary>
public enum HistoryPropagationScope
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The calling workflow's own history.</summary>
    OwnHistory = 1,

    /// <summary>The history of the caller and its callers.</summary>
    Lineage = 2,
}
