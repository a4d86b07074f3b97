namespace Sidecar.Telemetry;

/// <summary>
/// The newest traces, in memory. Spans and log records count together; beyond the limit whole traces go, the one that began to arrive first before
/// the others: half a trace would look like a fault of the system that it shows. What services do by themselves, such as timers, polls and probes of
/// health, has a quarter of the room to itself and goes first beyond that: it never ends, and would push out every request within minutes.
/// </summary>
internal sealed class TraceStore(int mostRecords = TraceStore.MostRecords, int mostOfOne = TraceStore.MostOfOneTrace)
{
    public const int MostRecords = 50_000;

    /// <summary>Of one trace, so that a loop in one cannot push out all the others. What comes later is counted and left out.</summary>
    public const int MostOfOneTrace = 5_000;

    /// <summary>The part of the room that is left to what services do by themselves; a request, too, begins there until it crosses services.</summary>
    private const int BackgroundPart = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, StoredTrace> _traces = new(StringComparer.Ordinal);
    private readonly Shelf _background = new();
    private readonly Shelf _requests = new();
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
                    trace.Add(span);
                    Settle(trace);
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
                    trace.Add(log);
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
                .. _traces.Values.Where(trace => trace.Spans.Count > 0 && (all || trace.IsRequest))
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
            var ofInstance = _traces.Values.Where(trace => trace.Spans.Any(span => span.Instance == id)).OrderBy(trace => trace.Spans.Min(span => span.Start)).ToList();
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
            _traces[traceId] = trace = new StoredTrace(traceId, _background);
        }

        if (trace.Records < mostOfOne)
        {
            return trace;
        }

        trace.LeftOut++;
        _counts = _counts with { LeftOut = _counts.LeftOut + 1 };
        return null;
    }

    private void Settle(StoredTrace trace)
    {
        if (trace.IsRequest && trace.Shelf == _background)
        {
            trace.MoveTo(_requests);
        }
    }

    private void DropOldest()
    {
        while (_counts.Records > mostRecords)
        {
            var shelf = _background.Records > mostRecords / BackgroundPart || _requests.Traces.Count == 0 ? _background : _requests;
            var oldest = shelf.Traces.First!.Value;
            oldest.MoveTo(null);
            _traces.Remove(oldest.Id);
            _counts = _counts with
            {
                Spans = _counts.Spans - oldest.Spans.Count,
                Logs = _counts.Logs - oldest.Logs.Count,
                DroppedTraces = _counts.DroppedTraces + 1,
            };
        }
    }

    /// <summary>Traces by their arrival, with the sum of their records.</summary>
    private sealed class Shelf
    {
        public LinkedList<StoredTrace> Traces { get; } = [];

        public int Records { get; set; }
    }

    private sealed class StoredTrace
    {
        private readonly LinkedListNode<StoredTrace> _place;
        private bool _crossesServices;
        private bool _isAskedFor;

        public StoredTrace(string id, Shelf shelf)
        {
            Id = id;
            _place = new LinkedListNode<StoredTrace>(this);
            MoveTo(shelf);
        }

        public string Id { get; }

        public List<ReceivedSpan> Spans { get; } = [];

        public List<ReceivedLog> Logs { get; } = [];

        public int LeftOut { get; set; }

        public int Records => Spans.Count + Logs.Count;

        public Shelf? Shelf { get; private set; }

        /// <summary>Somebody's request, or a workflow, and more than one service had to do with it.</summary>
        public bool IsRequest => _crossesServices && _isAskedFor;

        public void Add(ReceivedSpan span)
        {
            Spans.Add(span);
            Shelf!.Records++;
            _crossesServices |= span.Service != Spans[0].Service;
            _isAskedFor |= span.Instance is not null || (span.ParentId.Length == 0 && span.Kind == "server");
        }

        public void Add(ReceivedLog log)
        {
            Logs.Add(log);
            Shelf!.Records++;
        }

        public void MoveTo(Shelf? shelf)
        {
            if (Shelf is { } before)
            {
                before.Traces.Remove(_place);
                before.Records -= Records;
            }

            Shelf = shelf;
            if (shelf is not null)
            {
                shelf.Traces.AddLast(_place);
                shelf.Records += Records;
            }
        }
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
