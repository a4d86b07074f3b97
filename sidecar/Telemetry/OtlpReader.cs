using System.Globalization;
using Google.Protobuf;
using Sidecar.Telemetry.Otlp;

namespace Sidecar.Telemetry;

/// <summary>
/// Bodies of OTLP/HTTP in, records out. Bytes that are no such request throw <see cref="InvalidProtocolBufferException"/>; a record whose ids are
/// none is left out. What is kept of one record is limited, so that the store's limit is one of memory too.
/// </summary>
internal static class OtlpReader
{
    public const int LongestText = 500;
    public const int MostAttributes = 64;
    public const int MostLinks = 1024;

    private const int TraceIdLength = 16;
    private const int SpanIdLength = 8;
    private const int ErrorStatus = 2;

    private static readonly string[] Kinds = ["internal", "internal", "server", "client", "producer", "consumer"];

    public static List<ReceivedSpan> Spans(byte[] body)
    {
        var request = ExportTraces.Parser.WithDiscardUnknownFields(true).ParseFrom(body);
        return
        [
            .. from resource in request.ResourceSpans
               let service = ServiceOf(resource.Resource)
               from scope in resource.ScopeSpans
               let source = Text(scope.Scope?.Name)
               from span in scope.Spans
               where IsId(span.TraceId, TraceIdLength) && IsId(span.SpanId, SpanIdLength)
               select Read(span, service, source),
        ];
    }

    /// <summary>The records that belong to a trace.</summary>
    public static List<ReceivedLog> Logs(byte[] body)
    {
        var request = ExportLogs.Parser.WithDiscardUnknownFields(true).ParseFrom(body);
        return
        [
            .. from resource in request.ResourceLogs
               let service = ServiceOf(resource.Resource)
               from scope in resource.ScopeLogs
               from record in scope.LogRecords
               where IsId(record.TraceId, TraceIdLength)
               let time = record.TimeUnixNano == 0 ? record.ObservedTimeUnixNano : record.TimeUnixNano
               select new ReceivedLog(
                   Hex(record.TraceId), IsId(record.SpanId, SpanIdLength) ? Hex(record.SpanId) : "", service, Text(record.SeverityText), Text(record.Body), Time(time)),
        ];
    }

    /// <summary>How many instruments an export of metrics speaks of.</summary>
    public static int CountMetrics(byte[] body) =>
        ExportMetrics.Parser.WithDiscardUnknownFields(true).ParseFrom(body).ResourceMetrics.Sum(resource => resource.ScopeMetrics.Sum(scope => scope.Metrics.Count));

    private static ReceivedSpan Read(Span span, string service, string source) => new(
        Hex(span.TraceId), Hex(span.SpanId), IsId(span.ParentSpanId, SpanIdLength) ? Hex(span.ParentSpanId) : "", service, source, Text(span.Name),
        Kinds.ElementAtOrDefault(span.Kind) ?? Kinds[0], Time(span.StartTimeUnixNano), Math.Max(Time(span.StartTimeUnixNano), Time(span.EndTimeUnixNano)))
    {
        IsError = span.Status?.Code == ErrorStatus,
        Message = Text(span.Status?.Message),
        Attributes = Attributes(span.Attributes),
        Links = [.. span.Links.Where(link => IsId(link.TraceId, TraceIdLength)).Take(MostLinks).Select(link => new SpanLink(Hex(link.TraceId), Hex(link.SpanId)))],
    };

    private static Dictionary<string, string> Attributes(IEnumerable<KeyValue> attributes)
    {
        var kept = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var attribute in attributes.Take(MostAttributes))
        {
            kept[Text(attribute.Key)] = Text(attribute.Value);
        }

        return kept;
    }

    private static string ServiceOf(Resource? resource) =>
        resource?.Attributes.FirstOrDefault(attribute => attribute.Key == "service.name") is { } name ? Text(name.Value) : "unknown";

    private static string Text(AnyValue? value) => value?.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => Text(value.StringValue),
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        AnyValue.ValueOneofCase.IntValue => value.IntValue.ToString(CultureInfo.InvariantCulture),
        AnyValue.ValueOneofCase.DoubleValue => value.DoubleValue.ToString(CultureInfo.InvariantCulture),
        _ => "",
    };

    private static string Text(string? text) => text is null ? "" : text.Length <= LongestText ? text : $"{text[..LongestText]}…";

    private static string Hex(ByteString bytes) => Convert.ToHexStringLower(bytes.Span);

    private static bool IsId(ByteString bytes, int length) => bytes.Length == length && bytes.Span.ContainsAnyExcept((byte)0);

    private static long Time(ulong nanoseconds) => (long)Math.Min(nanoseconds, long.MaxValue);
}
