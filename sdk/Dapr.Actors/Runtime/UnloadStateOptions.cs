namespace Dapr.Actors.Runtime;

/// <summary>How <see cref="IActorStateManager.UnloadStateAsync"/> treats changes.</summary>
public class UnloadStateOptions
{
    /// <summary>True forgets a change that is not stored; false, the default, refuses.</summary>
    public bool AllowUnloadingWhenStateModified { get; set; }
}
