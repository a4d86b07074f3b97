namespace Dapr.Actors;

/// <summary>Whether a chain of calls may enter an actor again that it is still inside of.</summary>
public sealed class ActorReentrancyConfig
{
    /// <summary>False, the default: such a chain waits for itself until something times out.</summary>
    public bool Enabled { get; set; }

    /// <summary>How many calls of one chain may be inside an actor at once; null leaves it to the sidecar (32).</summary>
    public int? MaxStackDepth { get; set; }
}
