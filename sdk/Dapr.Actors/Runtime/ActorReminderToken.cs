namespace Dapr.Actors.Runtime;

/// <summary>Names a reminder.</summary>
public class ActorReminderToken
{
    /// <summary>The reminder of this name that this actor has.</summary>
    public ActorReminderToken(string actorType, ActorId actorId, string name)
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

    /// <summary>The reminder's name.</summary>
    public string Name { get; }
}
