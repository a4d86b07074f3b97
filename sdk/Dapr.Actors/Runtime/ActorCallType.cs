namespace Dapr.Actors.Runtime;

/// <summary>What made a turn begin.</summary>
public enum ActorCallType
{
    /// <summary>A method of an actor interface was called.</summary>
    ActorInterfaceMethod = 0,

    /// <summary>A timer fired.</summary>
    TimerMethod = 1,

    /// <summary>A reminder fired.</summary>
    ReminderMethod = 2,
}
