#nullable disable
using System.Collections.ObjectModel;

namespace Dapr.Actors.Runtime;

/// <summary>The actor types that the application hosts.</summary>
public sealed class ActorRegistrationCollection : KeyedCollection<ActorTypeInformation, ActorRegistration>
{
    /// <summary>Hosts a type under the name its <see cref="ActorAttribute"/> gives it, else its own.</summary>
    /// <exception cref="ArgumentException">The class cannot be hosted, or its name is taken.</exception>
    public void RegisterActor<TActor>(Action<ActorRegistration> configure = null)
        where TActor : Actor =>
        RegisterActor<TActor>(actorTypeName: null, typeOptions: null, configure);

    /// <summary>Hosts a type with options of its own.</summary>
    /// <exception cref="ArgumentException">The class cannot be hosted, or its name is taken.</exception>
    public void RegisterActor<TActor>(ActorRuntimeOptions typeOptions, Action<ActorRegistration> configure = null)
        where TActor : Actor =>
        RegisterActor<TActor>(actorTypeName: null, typeOptions, configure);

    /// <summary>Hosts a type under this name.</summary>
    /// <exception cref="ArgumentException">The class cannot be hosted, or the name is taken.</exception>
    public void RegisterActor<TActor>(string actorTypeName, Action<ActorRegistration> configure = null)
        where TActor : Actor =>
        RegisterActor<TActor>(actorTypeName, typeOptions: null, configure);

    /// <summary>Hosts a type under this name, with options of its own.</summary>
    /// <exception cref="ArgumentException">The class cannot be hosted, or the name is taken.</exception>
    public void RegisterActor<TActor>(string actorTypeName, ActorRuntimeOptions typeOptions, Action<ActorRegistration> configure = null)
        where TActor : Actor
    {
        var type = ActorTypeInformation.Get(typeof(TActor), actorTypeName);
        if (type.IsAbstract)
        {
            throw new ArgumentException($"{type.ImplementationType.FullName} is abstract: no instance of it can be made.");
        }

        if (this.Any(other => other.Type.ActorTypeName == type.ActorTypeName))
        {
            throw new ArgumentException($"There is an actor type {type.ActorTypeName} already: give one of the two another name.");
        }

        var registration = new ActorRegistration(type, typeOptions);
        configure?.Invoke(registration);
        Add(registration);
    }

    /// <inheritdoc/>
    protected override ActorTypeInformation GetKeyForItem(ActorRegistration item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item.Type;
    }
}
