using Sidecar.Actors.Schedules;
using Sidecar.Components.Bindings.Cron;
using Sidecar.Configuration;

namespace Sidecar.Jobs;

/// <summary>When a job runs next, and how often still (dapr-contract.md 9.4).</summary>
/// <param name="Left">Null: without end.</param>
/// <param name="Expires">Nothing runs at or after this.</param>
internal sealed record JobPlan(DateTimeOffset Next, uint? Left, DateTimeOffset? Expires)
{
    private const string Every = "@every ";
    private const int CronFields = 6;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    /// <summary>Throws <see cref="FormatException"/> with words for the client.</summary>
    public static JobPlan Of(JobTimes times, DateTimeOffset now, TimeZoneInfo zone)
    {
        var first = string.IsNullOrEmpty(times.Schedule) ? now : Following(times.Schedule, now, now, zone)
            ?? throw new FormatException($"schedule '{times.Schedule}' never comes");
        if (times.DueTime is { Length: > 0 } dueTime)
        {
            first = Moment("dueTime", dueTime, now);
        }

        if (times.Repeats == 0)
        {
            throw new FormatException("repeats must be 1 or more");
        }

        DateTimeOffset? expires = times.Ttl is { Length: > 0 } ttl ? Moment("ttl", ttl, now) : null;
        return expires <= first
            ? throw new FormatException($"ttl '{times.Ttl}' is over before the job runs the first time")
            : new JobPlan(first, times.Repeats, expires);
    }

    /// <summary>
    /// What is left once this run is done; null: nothing. Runs that went by meanwhile are left out: whoever slept through
    /// ten minutes is told once.
    /// </summary>
    public JobPlan? After(JobTimes times, DateTimeOffset now, TimeZoneInfo zone)
    {
        var left = Left - 1;
        if (left == 0 || string.IsNullOrEmpty(times.Schedule))
        {
            return null;
        }

        var next = Following(times.Schedule, Next, now, zone);
        return next is null || next >= Expires ? null : this with { Next = next.Value, Left = left };
    }

    private static DateTimeOffset? Following(string schedule, DateTimeOffset last, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (!schedule.StartsWith(Every, StringComparison.Ordinal))
        {
            return Cron(schedule).Next(last > now ? last : now, zone);
        }

        if (!GoDuration.TryParse(schedule[Every.Length..].Trim(), out var step) || step < Shortest)
        {
            throw new FormatException($"'{schedule}' names no period such as 500ms, 5s or 1m30s");
        }

        var passed = now > last ? (now - last).Ticks / step.Ticks : 0;
        return step.Ticks > (DateTimeOffset.MaxValue - now).Ticks ? null : last.AddTicks(step.Ticks * (passed + 1));
    }

    private static ICronSchedule Cron(string schedule)
    {
        var fields = schedule.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        return schedule.TrimStart().StartsWith('@') || fields == CronFields
            ? CronSchedule.Parse(schedule)
            : throw new FormatException($"'{schedule}' has {fields} fields instead of {CronFields}, seconds first");
    }

    private static DateTimeOffset Moment(string member, string text, DateTimeOffset now) =>
        Schedule.Moment(text, now) ?? throw new FormatException($"{member} '{text}' is no time such as 2026-01-02T03:04:05Z, 10s or PT10S");
}
