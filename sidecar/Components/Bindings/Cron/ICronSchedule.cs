namespace Sidecar.Components.Bindings.Cron;

internal interface ICronSchedule
{
    /// <summary>The first tick after this instant; null when there is none within five years.</summary>
    DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone);
}

/// <summary><c>@every 5s</c>: from the start on, at whole seconds.</summary>
internal sealed record EverySchedule(TimeSpan Period) : ICronSchedule
{
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone) =>
        new DateTimeOffset(after.Ticks - (after.Ticks % TimeSpan.TicksPerSecond), after.Offset) + Period;
}
