#nullable disable
namespace Dapr.Actors.Runtime;

/// <summary>A reminder: it is kept by the sidecar, outlives the actor's activation and wakes the actor up.</summary>
public class ActorReminder : ActorReminderToken, IActorReminder
{
    /// <summary>A reminder without an end.</summary>
    public ActorReminder(string actorType, ActorId actorId, string name, byte[] state, TimeSpan dueTime, TimeSpan period)
        : this(actorType, actorId, name, state, dueTime, period, repetitions: null, ttl: null)
    {
    }

    /// <summary>A reminder that ends after a time.</summary>
    public ActorReminder(string actorType, ActorId actorId, string name, byte[] state, TimeSpan dueTime, TimeSpan period, TimeSpan ttl)
        : this(actorType, actorId, name, state, dueTime, period, repetitions: null, ttl)
    {
    }

    /// <summary>A reminder that ends after some firings.</summary>
    public ActorReminder(string actorType, ActorId actorId, string name, byte[] state, TimeSpan dueTime, TimeSpan period, int? repetitions)
        : this(actorType, actorId, name, state, dueTime, period, repetitions, ttl: null)
    {
    }

    /// <summary>A reminder that ends after some firings or a time, whichever comes first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The due time or the lifetime is negative, the period is below minus one millisecond, or the number of firings is not positive.
    /// </exception>
    public ActorReminder(
        string actorType, ActorId actorId, string name, byte[] state, TimeSpan dueTime, TimeSpan period, int? repetitions, TimeSpan? ttl)
        : base(actorType, actorId, name)
    {
        ScheduleTimes.Validate(dueTime, period, ttl);
        if (repetitions is { } count)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count, nameof(repetitions));
        }

        State = state;
        DueTime = dueTime;
        Period = period;
        Repetitions = repetitions;
        Ttl = ttl;
    }

    /// <inheritdoc/>
    public byte[] State { get; }

    /// <inheritdoc/>
    public TimeSpan DueTime { get; }

    /// <inheritdoc/>
    public TimeSpan Period { get; }

    /// <summary>How long it lives; null: until it is unregistered.</summary>
    public TimeSpan? Ttl { get; }

    /// <summary>How often it fires; null: without end.</summary>
    public int? Repetitions { get; }
}
