namespace Dapr.Actors.Runtime;

/// <summary>Gives every type a <see cref="DefaultActorActivator"/>.</summary>
public class DefaultActorActivatorFactory : ActorActivatorFactory
{
    /// <inheritdoc/>
    public override ActorActivator CreateActivator(ActorTypeInformation type) => new DefaultActorActivator();
}
