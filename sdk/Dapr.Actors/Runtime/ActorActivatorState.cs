namespace Dapr.Actors.Runtime;

/// <summary>An instance, and in derived classes what its activator needs to end it.</summary>
public class ActorActivatorState
{
    /// <summary>The state of this instance.</summary>
    public ActorActivatorState(Actor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        Actor = actor;
    }

    /// <summary>The instance.</summary>
    public Actor Actor { get; }
}
