namespace Sidecar.Telemetry;

/// <summary>One line of a list of traces.</summary>
internal sealed record TraceSummary(
    string TraceId, string Service, string Name, DateTimeOffset StartedAt, double DurationMs, int Spans, int Services, int Errors, IReadOnlyList<string> Instances)
{
    /// <param name="spans">At least one. The name is that of the root, or of the first while the root is still under way.</param>
    public static TraceSummary Of(IReadOnlyList<ReceivedSpan> spans)
    {
        var start = spans.Min(span => span.Start);
        var root = spans.Where(span => span.ParentId.Length == 0).MinBy(span => span.Start) ?? spans.MinBy(span => span.Start)!;
        return new TraceSummary(
            root.TraceId,
            root.Service,
            root.Name,
            SpanTime.At(start),
            SpanTime.Milliseconds(spans.Max(span => span.End) - start),
            spans.Count,
            spans.Select(span => span.Service).Distinct(StringComparer.Ordinal).Count(),
            spans.Count(span => span.IsError),
            [.. spans.Select(span => span.Instance).OfType<string>().Distinct(StringComparer.Ordinal)]);
    }
}

/// <summary>From the nanoseconds of OTLP.</summary>
internal static class SpanTime
{
    private const long NanosecondsPerTick = 100;
    private const double NanosecondsPerMillisecond = 1e6;

    public static DateTimeOffset At(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / NanosecondsPerTick);

    public static double Milliseconds(long nanoseconds) => nanoseconds / NanosecondsPerMillisecond;
}
