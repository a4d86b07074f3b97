namespace Sidecar.Telemetry;

/// <summary>Puts the spans of a trace in the order of who called whom. Whatever the ids say, every span has exactly one row.</summary>
internal static class Waterfall
{
    public static TraceView Of(TraceContent content)
    {
        var spans = content.Spans;
        var start = spans.Min(span => span.Start);
        var logs = content.Logs.OrderBy(log => log.Time).ToLookup(log => log.SpanId, log => Line(log, start));
        var (rows, orphans) = Rows(content, start, logs);
        var shown = rows.Select(row => row.Id).ToHashSet(StringComparer.Ordinal);
        return new TraceView
        {
            TraceId = content.TraceId,
            Instances = [.. spans.Select(span => span.Instance).OfType<string>().Distinct(StringComparer.Ordinal)],
            StartedAt = SpanTime.At(start),
            DurationMs = SpanTime.Milliseconds(spans.Max(span => span.End) - start),
            Services = [.. spans.Select(span => span.Service).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            Spans = spans.Count,
            Orphans = orphans,
            Errors = spans.Count(span => span.IsError),
            LeftOut = content.LeftOut,
            OtherTraces = content.OtherTraces,
            Rows = rows,
            Logs = [.. logs.Where(group => !shown.Contains(group.Key)).SelectMany(group => group).OrderBy(log => log.OffsetMs)],
        };
    }

    private static (List<TraceRow> Rows, int Orphans) Rows(TraceContent content, long start, ILookup<string, TraceLog> logs)
    {
        var spans = content.Spans.OrderBy(span => span.Start).ToList();
        var ids = spans.Select(span => span.Id).ToHashSet(StringComparer.Ordinal);
        var children = spans.Where(span => span.ParentId.Length > 0).ToLookup(span => span.ParentId);
        var batches = content.Batches
            .SelectMany(batch => batch.Links.Where(link => link.TraceId == content.TraceId).Select(link => (link.SpanId, Batch: batch)))
            .ToLookup(link => link.SpanId, link => link.Batch);

        var rows = new List<TraceRow>();
        var placed = new HashSet<ReceivedSpan>(ReferenceEqualityComparer.Instance);
        foreach (var root in spans.Where(span => span.ParentId.Length == 0))
        {
            Place(root, isOrphan: false);
        }

        var missing = spans.Where(span => span.ParentId.Length > 0 && !ids.Contains(span.ParentId)).ToList();

        // A client may have begun the trace and keep its own span to itself: what it called is then no orphan.
        var isCalledFromOutside = placed.Count == 0 && missing.Count == 1;
        foreach (var span in missing)
        {
            Place(span, isOrphan: !isCalledFromOutside);
        }

        // Whoever is left has himself for an ancestor.
        foreach (var span in spans)
        {
            Place(span, isOrphan: true);
        }

        return (rows, rows.Count(row => row.IsOrphan));

        void Place(ReceivedSpan top, bool isOrphan)
        {
            var pending = new Stack<(ReceivedSpan Span, int Depth)>();
            pending.Push((top, 0));
            while (pending.TryPop(out var next))
            {
                if (!placed.Add(next.Span))
                {
                    continue;
                }

                rows.Add(Row(next.Span, next.Depth, start) with { IsOrphan = isOrphan && next.Span == top, Logs = [.. logs[next.Span.Id]] });
                rows.AddRange(batches[next.Span.Id].OrderBy(batch => batch.Start).Select(batch => Row(batch, next.Depth + 1, start) with { BatchTrace = batch.TraceId }));
                foreach (var child in children[next.Span.Id].Reverse())
                {
                    pending.Push((child, next.Depth + 1));
                }
            }
        }
    }

    private static TraceRow Row(ReceivedSpan span, int depth, long start) => new()
    {
        Id = span.Id,
        Depth = depth,
        Service = span.Service,
        Source = span.Source,
        Name = span.Name,
        Kind = span.Kind,
        OffsetMs = SpanTime.Milliseconds(span.Start - start),
        DurationMs = SpanTime.Milliseconds(span.End - span.Start),
        IsError = span.IsError,
        Message = span.Message,
        BatchSize = span.Links.Count,
        Attributes = span.Attributes,
    };

    private static TraceLog Line(ReceivedLog log, long start) => new(SpanTime.Milliseconds(log.Time - start), log.Service, log.Level, log.Text);
}
