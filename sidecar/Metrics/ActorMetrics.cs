namespace Sidecar.Metrics;

/// <summary>The actors of this host, by type.</summary>
internal sealed class ActorMetrics
{
    private readonly Family _deactivated;
    private readonly Family _notDeactivated;
    private readonly Family _pending;
    private readonly Family _timers;
    private readonly Family _reminders;

    public ActorMetrics(FamilySet families)
    {
        _deactivated = families.Counter("runtime_actor_deactivated_total", "Actors that the app deactivated.", false, "actor_type");
        _notDeactivated = families.Counter("runtime_actor_deactivated_failed_total", "Actors that the app did not deactivate when told to.", false, "actor_type");
        _pending = families.Gauge("runtime_actor_pending_actor_calls", "Calls that wait for their turn.", false, "actor_type");
        _timers = families.Counter("runtime_actor_timers_fired_total", "Ticks of timers.", false, "actor_type", "success");
        _reminders = families.Counter("runtime_actor_reminders_fired_total", "Ticks of reminders.", false, "actor_type", "success");
    }

    public void Deactivated(string type) => _deactivated.Count(new LabelValues(type));

    public void NotDeactivated(string type) => _notDeactivated.Count(new LabelValues(type));

    public void Waits(string type) => _pending.Move(new LabelValues(type), 1);

    public void WaitsNoMore(string type) => _pending.Move(new LabelValues(type), -1);

    public void TimerFired(string type, bool success) => _timers.Count(new LabelValues(type, success ? "true" : "false"));

    public void ReminderFired(string type, bool success) => _reminders.Count(new LabelValues(type, success ? "true" : "false"));
}
