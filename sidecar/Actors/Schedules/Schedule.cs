using System.Globalization;
using Sidecar.Configuration;

namespace Sidecar.Actors.Schedules;

/// <summary>When a reminder or timer ticks next, and how often still (dapr-contract.md 10.4).</summary>
/// <param name="TicksLeft">Null: without end.</param>
/// <param name="Expires">Nothing ticks at or after this.</param>
internal sealed record Schedule(DateTimeOffset Next, Period Period, int? TicksLeft, DateTimeOffset? Expires)
{
    /// <summary>Reads what a client asks for. Throws <see cref="FormatException"/> with daprd's words.</summary>
    /// <param name="kind">"reminder" or "timer", for the words.</param>
    /// <param name="name">Of the whole reminder or timer, for the words.</param>
    /// <param name="firstAfterPeriod">Without a due time the first tick comes one period from now instead of at once.</param>
    public static Schedule Of(ScheduleRequest request, string kind, string name, DateTimeOffset now, bool firstAfterPeriod = false)
    {
        var due = now;
        if (request.DueTime is { Length: > 0 } dueTime)
        {
            due = Moment(dueTime, now) ?? throw new FormatException($"error parsing {kind} due time: {Problem(dueTime)}");
        }

        Period period;
        try
        {
            period = Period.Parse(request.Period);
        }
        catch (FormatException mistake)
        {
            throw new FormatException($"invalid {kind} period: {mistake.Message}", mistake);
        }

        if (firstAfterPeriod && request.DueTime is not { Length: > 0 })
        {
            due = period.After(now);
        }

        DateTimeOffset? expires = null;
        if (request.Ttl is { Length: > 0 } ttl)
        {
            expires = Moment(ttl, due) ?? throw new FormatException($"error parsing {kind} TTL: {Problem(ttl)}");
            if (expires < now || expires < due)
            {
                throw new FormatException($"{kind} {name} has already expired: dueTime: {Rfc3339(due)} TTL: {ttl}");
            }
        }

        return new Schedule(due, period, period.Ticks, expires);
    }

    /// <summary>What is left once the tick that was due is done; null: nothing.</summary>
    public Schedule? AfterTick()
    {
        var left = TicksLeft - 1;
        if (left == 0 || Period.Interval.IsEmpty)
        {
            return null;
        }

        var next = Period.After(Next);
        return next >= Expires ? null : this with { Next = next, TicksLeft = left };
    }

    /// <summary>As <see cref="AfterTick"/>, without the ticks that went by meanwhile: whoever slept through ten minutes is told once.</summary>
    public Schedule? AfterTick(DateTimeOffset now)
    {
        var after = AfterTick();
        if (after is null || after.Next > now)
        {
            return after;
        }

        var next = after.Period.Interval is { IsCalendar: false, Time: var step }
            ? after.Next.AddTicks(step.Ticks * (((now - after.Next).Ticks / step.Ticks) + 1))
            : StepPast(after, now);
        return next >= Expires ? null : after with { Next = next };
    }

    /// <summary>An absolute time in the client's form, or a duration from <paramref name="start"/>; null for what is neither.</summary>
    public static DateTimeOffset? Moment(string text, DateTimeOffset start)
    {
        if (IsoDuration.TryParse(text, out var iso))
        {
            return iso.Repeats is null ? iso.After(start) : null;
        }

        return GoDuration.TryParse(text, out var duration) ? new IsoDuration(0, 0, 0, duration, null).After(start) : Absolute(text);
    }

    /// <summary>RFC 3339 only; null for anything else.</summary>
    public static DateTimeOffset? Absolute(string text) =>
        text.Length >= "2026-01-02T03:04:05Z".Length && text[10] is 'T' or 't' && char.IsAsciiDigit(text[0]) && text.LastIndexOfAny(['Z', 'z', '+', '-']) > 10
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var moment)
            ? moment
            : null;

    /// <summary>With as many fraction digits as are needed.</summary>
    public static string Rfc3339(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    private static DateTimeOffset StepPast(Schedule schedule, DateTimeOffset now)
    {
        var next = schedule.Next;
        while (next <= now)
        {
            next = schedule.Period.After(next);
        }

        return next;
    }

    private static string Problem(string text) =>
        IsoDuration.TryParse(text, out _) ? "repetitions are not allowed" : $"unsupported time/duration format: {text}";
}

/// <summary>The times of a reminder or timer as the client wrote them; null or empty where it wrote none.</summary>
internal sealed record ScheduleRequest(string? DueTime, string? Period, string? Ttl);
