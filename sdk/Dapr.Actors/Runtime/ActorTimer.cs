#nullable disable
namespace Dapr.Actors.Runtime;

/// <summary>A timer: it calls a method of the actor and dies with the actor's activation.</summary>
public class ActorTimer : ActorTimerToken
{
    /// <summary>A timer without an end.</summary>
    public ActorTimer(string actorType, ActorId actorId, string name, string timerCallback, byte[] data, TimeSpan dueTime, TimeSpan period)
        : this(actorType, actorId, name, timerCallback, data, dueTime, period, ttl: null)
    {
    }

    /// <summary>A timer that ends after a time.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The due time or the lifetime is negative, or the period is below minus one millisecond.
    /// </exception>
    public ActorTimer(
        string actorType, ActorId actorId, string name, string timerCallback, byte[] data, TimeSpan dueTime, TimeSpan period, TimeSpan ttl)
        : this(actorType, actorId, name, timerCallback, data, dueTime, period, (TimeSpan?)ttl)
    {
    }

    private ActorTimer(
        string actorType, ActorId actorId, string name, string timerCallback, byte[] data, TimeSpan dueTime, TimeSpan period, TimeSpan? ttl)
        : base(actorType, actorId, name)
    {
        ArgumentException.ThrowIfNullOrEmpty(timerCallback);
        ScheduleTimes.Validate(dueTime, period, ttl);
        TimerCallback = timerCallback;
        Data = data;
        DueTime = dueTime;
        Period = period;
        Ttl = ttl;
    }

    /// <summary>Name of the method it calls.</summary>
    public string TimerCallback { get; }

    /// <summary>What it hands over; null for nothing.</summary>
    public byte[] Data { get; }

    /// <summary>Time from registration to the first firing.</summary>
    public TimeSpan DueTime { get; }

    /// <summary>Time between firings; one negative millisecond: it fires once.</summary>
    public TimeSpan Period { get; }

    /// <summary>How long it lives; null: until it is unregistered or the actor is deactivated.</summary>
    public TimeSpan? Ttl { get; }
}
