namespace Dapr.Actors.Runtime;

/// <summary>What became of a state entry since it was last stored.</summary>
public enum StateChangeKind
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It is new.</summary>
    Add = 1,

    /// <summary>It has another value.</summary>
    Update = 2,

    /// <summary>It is to be deleted.</summary>
    Remove = 3,
}
