namespace Sidecar.Telemetry;

/// <summary>A span as it was exported. Ids are lower-case hex; times are nanoseconds since 1970.</summary>
/// <param name="ParentId">Empty: it begins its trace.</param>
/// <param name="Source">The instrumentation scope.</param>
/// <param name="Kind">internal, server, client, producer or consumer.</param>
/// <param name="Message">What it says of its error; mostly empty.</param>
internal sealed record ReceivedSpan(
    string TraceId, string Id, string ParentId, string Service, string Source, string Name, string Kind, long Start, long End)
{
    private const string WorkflowInstance = "dapr.workflow.instance_id";

    public bool IsError { get; init; }

    public string Message { get; init; } = "";

    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>What it does for other traces: a batch does the work of many at once.</summary>
    public IReadOnlyList<SpanLink> Links { get; init; } = [];

    /// <summary>The workflow instance it is an activity of; null: of none.</summary>
    public string? Instance => Attributes.GetValueOrDefault(WorkflowInstance);
}

internal sealed record SpanLink(string TraceId, string SpanId);

/// <summary>A log record that belongs to a trace.</summary>
/// <param name="SpanId">Empty: the record names only its trace.</param>
/// <param name="Time">Nanoseconds since 1970.</param>
internal sealed record ReceivedLog(string TraceId, string SpanId, string Service, string Level, string Text, long Time);
