namespace Sidecar.Actors.Hosting;

/// <summary>How the actors of one type are hosted (dapr-contract.md 10.1). Defaults are daprd's.</summary>
internal sealed record ActorTypeSettings
{
    /// <summary>Without a turn for this long an actor is deactivated.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>How long a turn in hand may go on when its actor must leave this host.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>False: turns in hand are cut off at once instead.</summary>
    public bool DrainTurns { get; init; } = true;

    public bool Reentrancy { get; init; }

    /// <summary>Calls of one chain within the actor at the same time, the first included.</summary>
    public int MaxStackDepth { get; init; } = 32;
}
