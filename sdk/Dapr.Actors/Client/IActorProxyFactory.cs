#nullable disable
namespace Dapr.Actors.Client;

/// <summary>Makes proxies, which cost nothing: no call is made before the first method is.</summary>
public interface IActorProxyFactory
{
    /// <summary>A proxy that has the methods of the interface.</summary>
    /// <param name="actorId">Which actor.</param>
    /// <param name="actorType">The name its type is registered under.</param>
    /// <param name="options">Null: the factory's default.</param>
    /// <exception cref="NotSupportedException"><see cref="ActorProxyOptions.UseJsonSerialization"/> is not set.</exception>
    TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions options = null)
        where TActorInterface : IActor;

    /// <summary>A proxy that has the methods of an interface known at run time only.</summary>
    /// <exception cref="NotSupportedException"><see cref="ActorProxyOptions.UseJsonSerialization"/> is not set.</exception>
    object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions options = null);

    /// <summary>A proxy that calls methods by name, with JSON in and out: for actors in any language.</summary>
    ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions options = null);
}
