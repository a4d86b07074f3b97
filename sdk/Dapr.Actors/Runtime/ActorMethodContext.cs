namespace Dapr.Actors.Runtime;

/// <summary>Which turn is meant, for what runs before and after it.</summary>
#pragma warning disable CA1815 // The official struct has no equality of its own.
public struct ActorMethodContext
#pragma warning restore CA1815
{
    internal ActorMethodContext(string methodName, ActorCallType callType)
    {
        MethodName = methodName;
        CallType = callType;
    }

    /// <summary>The interface method; of a timer its callback; of a reminder <c>ReceiveReminderAsync</c>.</summary>
    public string MethodName { get; }

    /// <summary>What made the turn begin.</summary>
    public ActorCallType CallType { get; }
}
