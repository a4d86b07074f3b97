namespace Dapr.Actors.Client;

/// <summary>Which actor a proxy speaks to. Strongly typed proxies can be cast to it.</summary>
public interface IActorProxy
{
    /// <summary>The actor's id.</summary>
    ActorId ActorId { get; }

    /// <summary>The name its type is registered under.</summary>
    string ActorType { get; }
}
