namespace Sidecar.Telemetry;

/// <summary>
/// The newest traces, in memory. Spans and log records count together; beyond the limit whole traces go, the one that began to arrive first before
/// the others: half a trace would look like a fault of the system that it shows.
/// </summary>
internal sealed class TraceStore(int mostRecords = TraceStore.MostRecords, int mostOfOne = TraceStore.MostOfOneTrace)
{
    public const int MostRecords = 50_000;

    /// <summary>Of one trace, so that a loop in one cannot push out all the others. What comes later is counted and left out.</summary>
    public const int MostOfOneTrace = 5_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, StoredTrace> _traces = new(StringComparer.Ordinal);
    private readonly LinkedList<StoredTrace> _byArrival = [];
    private StoreCounts _counts = new() { MostRecords = mostRecords };

    public StoreCounts Counts
    {
        get
        {
            lock (_gate)
            {
                return _counts with { Traces = _traces.Count };
            }
        }
    }

    public void Add(IEnumerable<ReceivedSpan> spans)
    {
        lock (_gate)
        {
            foreach (var span in spans)
            {
                if (Room(span.TraceId) is { } trace)
                {
                    trace.Spans.Add(span);
                    _counts = _counts with { Spans = _counts.Spans + 1 };
                }
            }

            DropOldest();
        }
    }

    public void Add(IEnumerable<ReceivedLog> logs)
    {
        lock (_gate)
        {
            foreach (var log in logs)
            {
                if (Room(log.TraceId) is { } trace)
                {
                    trace.Logs.Add(log);
                    _counts = _counts with { Logs = _counts.Logs + 1 };
                }
            }

            DropOldest();
        }
    }

    public void AddMetrics(int instruments)
    {
        lock (_gate)
        {
            _counts = _counts with { Metrics = _counts.Metrics + instruments };
        }
    }

    /// <summary>Newest first; only traces of which a span is there.</summary>
    /// <param name="all">False: only requests and workflows that cross services; timers, polls and probes of health would hide them.</param>
    public IReadOnlyList<TraceSummary> Latest(int most, bool all)
    {
        lock (_gate)
        {
            return
            [
                .. _traces.Values.Where(trace => trace.Spans.Count > 0 && (all || trace.IsOfInterest))
                    .OrderByDescending(trace => trace.Spans.Min(span => span.Start))
                    .Take(most)
                    .Select(trace => TraceSummary.Of(trace.Spans)),
            ];
        }
    }

    /// <param name="id">Of a trace, in hex of either case, or of a workflow instance; of several traces with that instance the first is it.</param>
    /// <returns>Null when it is neither.</returns>
    public TraceContent? Find(string id)
    {
        lock (_gate)
        {
            var ofInstance = _byArrival.Where(trace => trace.Spans.Any(span => span.Instance == id)).ToList();
            if ((_traces.GetValueOrDefault(id.ToLowerInvariant()) ?? ofInstance.FirstOrDefault()) is not { Spans.Count: > 0 } found)
            {
                return null;
            }

            var batches = _traces.Values.Where(trace => trace != found)
                .SelectMany(trace => trace.Spans)
                .Where(span => span.Links.Any(link => link.TraceId == found.Id));
            return new TraceContent(found.Id, [.. found.Spans], [.. found.Logs], [.. batches])
            {
                LeftOut = found.LeftOut,
                OtherTraces = [.. ofInstance.Where(trace => trace != found).Select(trace => trace.Id)],
            };
        }
    }

    /// <summary>The trace, new or known; null when it is full.</summary>
    private StoredTrace? Room(string traceId)
    {
        if (!_traces.TryGetValue(traceId, out var trace))
        {
            _traces[traceId] = trace = new StoredTrace(traceId);
            _byArrival.AddLast(trace);
        }

        if (trace.Records < mostOfOne)
        {
            return trace;
        }

        trace.LeftOut++;
        _counts = _counts with { LeftOut = _counts.LeftOut + 1 };
        return null;
    }

    private void DropOldest()
    {
        while (_counts.Records > mostRecords && _byArrival.First is { } oldest)
        {
            _byArrival.RemoveFirst();
            _traces.Remove(oldest.Value.Id);
            _counts = _counts with
            {
                Spans = _counts.Spans - oldest.Value.Spans.Count,
                Logs = _counts.Logs - oldest.Value.Logs.Count,
                DroppedTraces = _counts.DroppedTraces + 1,
            };
        }
    }

    private sealed class StoredTrace(string id)
    {
        public string Id { get; } = id;

        public List<ReceivedSpan> Spans { get; } = [];

        public List<ReceivedLog> Logs { get; } = [];

        public int LeftOut { get; set; }

        public int Records => Spans.Count + Logs.Count;

        public bool IsOfInterest => Spans.Any(span => span.Service != Spans[0].Service)
            && Spans.Any(span => span.Instance is not null || (span.ParentId.Length == 0 && span.Kind == "server"));
    }
}

/// <summary>What the store holds and what it had to give up.</summary>
internal sealed record StoreCounts
{
    public int Traces { get; init; }

    public int Spans { get; init; }

    public int Logs { get; init; }

    /// <summary>The limit of spans and log records together.</summary>
    public int MostRecords { get; init; }

    public long DroppedTraces { get; init; }

    /// <summary>Records of traces that were full.</summary>
    public long LeftOut { get; init; }

    /// <summary>Instruments that exports of metrics spoke of. They are counted only: their place is Prometheus.</summary>
    public long Metrics { get; init; }

    internal int Records => Spans + Logs;
}

/// <summary>All that the store has of one trace.</summary>
/// <param name="Batches">Spans of other traces that did some of its work.</param>
internal sealed record TraceContent(
    string TraceId, IReadOnlyList<ReceivedSpan> Spans, IReadOnlyList<ReceivedLog> Logs, IReadOnlyList<ReceivedSpan> Batches)
{
    /// <summary>Records that came when it was full.</summary>
    public int LeftOut { get; init; }

    /// <summary>Further traces of the workflow instance that was asked for.</summary>
    public IReadOnlyList<string> OtherTraces { get; init; } = [];
}
