using Dapr.Actors.Communication;

namespace Dapr.Actors.Runtime;

/// <summary>Reminders and timers where they belong: in the sidecar.</summary>
internal sealed class SidecarTimers(ActorSidecar sidecar) : ActorTimerManager
{
    public override Task RegisterReminderAsync(ActorReminder reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        return sidecar.SetReminderAsync(reminder.ActorType, reminder.ActorId, reminder.Name, ScheduleBody.Write(reminder), CancellationToken.None);
    }

    public override async Task<IActorReminder> GetReminderAsync(ActorReminderToken reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        var found = ScheduleBody.Read(await sidecar.GetReminderAsync(reminder.ActorType, reminder.ActorId, reminder.Name, CancellationToken.None));

        // The sidecar gives no due time for one that has fired already.
        var dueTime = found.DueTime < TimeSpan.Zero ? TimeSpan.Zero : found.DueTime;
        return new ActorReminder(reminder.ActorType, reminder.ActorId, reminder.Name, found.Data, dueTime, found.Period);
    }

    public override Task UnregisterReminderAsync(ActorReminderToken reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        return sidecar.DeleteReminderAsync(reminder.ActorType, reminder.ActorId, reminder.Name, CancellationToken.None);
    }

    public override Task RegisterTimerAsync(ActorTimer timer)
    {
        ArgumentNullException.ThrowIfNull(timer);
        return sidecar.SetTimerAsync(timer.ActorType, timer.ActorId, timer.Name, ScheduleBody.Write(timer), CancellationToken.None);
    }

    public override Task UnregisterTimerAsync(ActorTimerToken timer)
    {
        ArgumentNullException.ThrowIfNull(timer);
        return sidecar.DeleteTimerAsync(timer.ActorType, timer.ActorId, timer.Name, CancellationToken.None);
    }
}
