namespace Dapr.Actors.Runtime;

/// <summary>Where actors register reminders and timers; a test may have its own.</summary>
public abstract class ActorTimerManager
{
    /// <summary>Sets a reminder, replacing one of the same name.</summary>
    public abstract Task RegisterReminderAsync(ActorReminder reminder);

    /// <summary>Finds a reminder.</summary>
    public abstract Task<IActorReminder> GetReminderAsync(ActorReminderToken reminder);

    /// <summary>Removes a reminder; there need not be one.</summary>
    public abstract Task UnregisterReminderAsync(ActorReminderToken reminder);

    /// <summary>Sets a timer, replacing one of the same name.</summary>
    public abstract Task RegisterTimerAsync(ActorTimer timer);

    /// <summary>Removes a timer; there need not be one.</summary>
    public abstract Task UnregisterTimerAsync(ActorTimerToken timer);
}
