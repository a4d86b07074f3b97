namespace Dapr.Actors.Runtime;

/// <summary>Makes and ends the instances of one actor type.</summary>
public abstract class ActorActivator
{
    /// <summary>Makes an instance; its <see cref="Actor.OnActivateAsync"/> runs afterwards.</summary>
    public abstract Task<ActorActivatorState> CreateAsync(ActorHost host);

    /// <summary>Ends an instance; its <see cref="Actor.OnDeactivateAsync"/> has run.</summary>
    public abstract Task DeleteAsync(ActorActivatorState state);
}
