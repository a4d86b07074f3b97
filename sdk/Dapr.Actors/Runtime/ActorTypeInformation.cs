#nullable disable
using System.Reflection;
using Dapr.Actors.Communication;

namespace Dapr.Actors.Runtime;

/// <summary>What the runtime knows of an actor class.</summary>
public sealed class ActorTypeInformation
{
    private ActorTypeInformation(Type type, string name)
    {
        ActorTypeName = name;
        ImplementationType = type;
        InterfaceTypes = [.. type.GetInterfaces().Where(candidate => candidate != typeof(IActor) && typeof(IActor).IsAssignableFrom(candidate))];
    }

    /// <summary>The name actors of this type are addressed by.</summary>
    public string ActorTypeName { get; }

    /// <summary>The class.</summary>
    public Type ImplementationType { get; }

    /// <summary>Its actor interfaces.</summary>
    public IEnumerable<Type> InterfaceTypes { get; }

    /// <summary>True for a class that can only be a base of actors.</summary>
    public bool IsAbstract => ImplementationType.IsAbstract;

    /// <summary>True when it takes reminders.</summary>
    public bool IsRemindable => typeof(IRemindable).IsAssignableFrom(ImplementationType);

    /// <summary>Looks at a class.</summary>
    /// <param name="actorType">The class.</param>
    /// <param name="actorTypeName">Null: the name its <see cref="ActorAttribute"/> gives it, else its own.</param>
    /// <exception cref="ArgumentException">It is no actor, or is not abstract and has no actor interface, or one that cannot be called.</exception>
    public static ActorTypeInformation Get(Type actorType, string actorTypeName)
    {
        ArgumentNullException.ThrowIfNull(actorType);
        if (!typeof(Actor).IsAssignableFrom(actorType))
        {
            throw new ArgumentException($"{actorType.FullName} is not derived from {typeof(Actor).FullName}.", nameof(actorType));
        }

        var found = new ActorTypeInformation(actorType, actorTypeName ?? actorType.GetCustomAttribute<ActorAttribute>()?.TypeName ?? actorType.Name);
        if (!found.IsAbstract && !found.InterfaceTypes.Any())
        {
            throw new ArgumentException($"{actorType.FullName} has no interface that extends {typeof(IActor).FullName}.", nameof(actorType));
        }

        foreach (var contract in found.InterfaceTypes)
        {
            ActorInterface.Of(contract);
        }

        return found;
    }
}
