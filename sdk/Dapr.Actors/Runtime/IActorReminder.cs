namespace Dapr.Actors.Runtime;

/// <summary>A reminder as the sidecar keeps it.</summary>
public interface IActorReminder
{
    /// <summary>Its name, unique within the actor.</summary>
    string Name { get; }

    /// <summary>Time from registration to the first firing.</summary>
    TimeSpan DueTime { get; }

    /// <summary>Time between firings; one negative millisecond: it fires once.</summary>
    TimeSpan Period { get; }

    /// <summary>What it hands over when it fires.</summary>
    byte[] State { get; }
}
