namespace Sidecar.Actors;

internal enum ActorFault
{
    /// <summary>The app did not answer as an actor must, or could not be reached.</summary>
    Invocation,

    /// <summary>Nobody hosts the type.</summary>
    NoAddress,

    /// <summary>The actor is leaving this host; the same call finds its new owner.</summary>
    Moved,

    /// <summary>This sidecar no longer hosts actors because it stops.</summary>
    Closed,

    /// <summary>No state store is set up for actors.</summary>
    NotConfigured,

    /// <summary>A state transaction of an actor that is not active here.</summary>
    InstanceMissing,

    /// <summary>A reminder of a type that this sidecar does not host.</summary>
    NotHosted,

    /// <summary>A reentrant call went deeper than the type allows.</summary>
    StackDepth,

    /// <summary>A reminder of this name stands and was not to be replaced.</summary>
    AlreadyExists,

    /// <summary>A schedule, an operation or its metadata is wrong.</summary>
    BadRequest,

    /// <summary>The state store failed; whether the operation took effect is unknown.</summary>
    Store,
}

/// <summary>Why the actor runtime refuses an operation; each API maps the fault to its own codes.</summary>
internal sealed class ActorException(ActorFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public ActorFault Fault { get; } = fault;

    /// <summary>With Moved: the host may have received the call before it went away, and run it.</summary>
    public bool IsOutcomeUnknown { get; init; }

    public static ActorException NoAddress(ActorAddress actor) => new(ActorFault.NoAddress, $"did not find address for actor '{actor}'");

    public static ActorException Moved() => new(ActorFault.Moved, "remote actor moved");

    public static ActorException NotConfigured() => new(
        ActorFault.NotConfigured,
        "the state store is not configured to use the actor runtime. Have you set the - name: actorStateStore value: \"true\" in your state store component file?");
}
