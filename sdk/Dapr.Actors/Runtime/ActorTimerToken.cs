namespace Dapr.Actors.Runtime;

/// <summary>Names a timer.</summary>
public class ActorTimerToken
{
    /// <summary>The timer of this name that this actor has.</summary>
    public ActorTimerToken(string actorType, ActorId actorId, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(actorType);
        ArgumentNullException.ThrowIfNull(actorId);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ActorType = actorType;
        ActorId = actorId;
        Name = name;
    }

    /// <summary>The actor's type.</summary>
    public string ActorType { get; }

    /// <summary>The actor's id.</summary>
    public ActorId ActorId { get; }

    /// <summary>The timer's name.</summary>
    public string Name { get; }
}
