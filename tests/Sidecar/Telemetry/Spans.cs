using Google.Protobuf;
using Sidecar.Telemetry;
using Sidecar.Telemetry.Otlp;

namespace DaprShop.Tests.Telemetry;

/// <summary>Spans for tests: ids are a digit repeated, times are milliseconds.</summary>
internal static class Spans
{
    private const long Millisecond = 1_000_000;

    public static string TraceId(char digit) => new(digit, 32);

    public static string SpanId(char digit) => new(digit, 16);

    public static ReceivedSpan Of(char trace, char id, char? parent, string service, string name, double at, double took, string source = "DaprShop") => new(
        TraceId(trace), SpanId(id), parent is { } digit ? SpanId(digit) : "", service, source, name, "internal", (long)(at * Millisecond), (long)((at + took) * Millisecond));

    public static ReceivedSpan OfActivity(char trace, char id, string instance) => Of(trace, id, null, "order", "activity Charge", 0, 1) with
    {
        Attributes = new Dictionary<string, string> { ["dapr.workflow.instance_id"] = instance },
    };

    public static ReceivedLog Log(char trace, char? span, string text, double at = 0) => new(
        TraceId(trace), span is { } digit ? SpanId(digit) : "", "order", "Warning", text, (long)(at * Millisecond));

    /// <summary>An export as an OpenTelemetry SDK sends it.</summary>
    public static byte[] Export(string service, params Span[] spans) => new ExportTraces
    {
        ResourceSpans =
        {
            new ResourceSpans
            {
                Resource = new Resource { Attributes = { Text("service.name", service) } },
                ScopeSpans = { new ScopeSpans { Scope = new Scope { Name = "dapr/order/3502" }, Spans = { spans } } },
            },
        },
    }.ToByteArray();

    public static Span Wire(char trace, char id, string name = "work") => new()
    {
        TraceId = Bytes(TraceId(trace)),
        SpanId = Bytes(SpanId(id)),
        Name = name,
        Kind = 2,
        StartTimeUnixNano = 1_000 * (ulong)Millisecond,
        EndTimeUnixNano = 1_250 * (ulong)Millisecond,
    };

    public static KeyValue Text(string key, string value) => new() { Key = key, Value = new AnyValue { StringValue = value } };

    public static ByteString Bytes(string hex) => ByteString.CopyFrom(Convert.FromHexString(hex));
}
