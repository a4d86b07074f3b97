namespace Dapr.Actors.Runtime;

/// <summary>Chooses the activator of an actor type that names none itself.</summary>
public abstract class ActorActivatorFactory
{
    /// <summary>The activator of this type.</summary>
    public abstract ActorActivator CreateActivator(ActorTypeInformation type);
}
