using System.Text.Json.Serialization;

namespace Sidecar.Telemetry;

/// <summary>One trace as it is shown: in JSON, as text and as a page. Times are milliseconds since the trace began.</summary>
internal sealed record TraceView
{
    public required string TraceId { get; init; }

    /// <summary>Workflow instances that have activities in it.</summary>
    public required IReadOnlyList<string> Instances { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required double DurationMs { get; init; }

    public required IReadOnlyList<string> Services { get; init; }

    public required int Spans { get; init; }

    /// <summary>Spans whose parent is not there: still under way, or never sent.</summary>
    public required int Orphans { get; init; }

    public required int Errors { get; init; }

    /// <summary>Records that came when the trace was full.</summary>
    public int LeftOut { get; init; }

    public IReadOnlyList<string> OtherTraces { get; init; } = [];

    /// <summary>Parents before their children, siblings by their start.</summary>
    public required IReadOnlyList<TraceRow> Rows { get; init; }

    /// <summary>Log lines of spans that are not there.</summary>
    public required IReadOnlyList<TraceLog> Logs { get; init; }
}

/// <summary>A span in its place.</summary>
internal sealed record TraceRow
{
    public required string Id { get; init; }

    public required int Depth { get; init; }

    public required string Service { get; init; }

    public required string Source { get; init; }

    public required string Name { get; init; }

    public required string Kind { get; init; }

    public required double OffsetMs { get; init; }

    public required double DurationMs { get; init; }

    public bool IsError { get; init; }

    public string Message { get; init; } = "";

    public bool IsOrphan { get; init; }

    /// <summary>How many requests it works for, by its links; 0: it is no batch.</summary>
    public int BatchSize { get; init; }

    /// <summary>Not null: it belongs to this other trace and works, among others, for the row above it.</summary>
    public string? BatchTrace { get; init; }

    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>What was logged in it.</summary>
    public IReadOnlyList<TraceLog> Logs { get; init; } = [];

    /// <summary>A sidecar reports under its app's name.</summary>
    [JsonIgnore]
    public bool IsOfSidecar => Source.StartsWith("dapr/", StringComparison.Ordinal);

    /// <summary>Who did it.</summary>
    [JsonIgnore]
    public string Place => IsOfSidecar ? $"{Service} sidecar" : Service;

    /// <summary>The name, and what must not be overlooked.</summary>
    [JsonIgnore]
    public string Title => (BatchTrace, BatchSize) switch
    {
        (not null, _) => $"in batch of {BatchSize}: {Name}",
        (null, > 0) => $"{Name} (batch of {BatchSize})",
        _ => IsOrphan ? $"{Name} (orphan)" : Name,
    };
}

internal sealed record TraceLog(double OffsetMs, string Service, string Level, string Text);
