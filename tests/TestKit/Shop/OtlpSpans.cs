using System.Text;

namespace DaprShop.TestKit.Shop;

/// <summary>
/// Walks export requests (opentelemetry/proto/{trace,metrics,logs}/v1) by field numbers: a generated parser would bring the
/// generator and the whole schema for a few fields.
/// </summary>
internal static class OtlpSpans
{
    public static IEnumerable<Span> Read(ReadOnlyMemory<byte> request)
    {
        foreach (var resourceSpans in Fields(request, 1))
        {
            var service = ServiceOf(resourceSpans);
            foreach (var scopeSpans in Fields(resourceSpans, 2))
            {
                var source = Fields(scopeSpans, 1).Select(scope => Text(scope, 1)).FirstOrDefault("");
                foreach (var span in Fields(scopeSpans, 2))
                {
                    yield return new Span(service, source, Text(span, 5), Hex(span, 1), Hex(span, 2), Hex(span, 4));
                }
            }
        }
    }

    /// <summary>The names of an ExportMetricsServiceRequest, by service.</summary>
    public static IEnumerable<(string Service, string Metric)> ReadMetrics(ReadOnlyMemory<byte> request) =>
        from resource in Fields(request, 1)
        let service = ServiceOf(resource)
        from scope in Fields(resource, 2)
        from metric in Fields(scope, 2)
        select (service, Text(metric, 1));

    /// <summary>The records of an ExportLogsServiceRequest.</summary>
    public static IEnumerable<LogRecord> ReadLogs(ReadOnlyMemory<byte> request) =>
        from resource in Fields(request, 1)
        let service = ServiceOf(resource)
        from scope in Fields(resource, 2)
        from record in Fields(scope, 2)
        select new LogRecord(service, Text(Field(record, 5), 1), Hex(record, 9));

    private static string ServiceOf(ReadOnlyMemory<byte> resource) => Fields(resource, 1).SelectMany(described => Fields(described, 1))
        .Where(attribute => Text(attribute, 1) == "service.name")
        .Select(attribute => Text(Fields(attribute, 2).Single(), 1))
        .FirstOrDefault("");

    private static string Text(ReadOnlyMemory<byte> message, int number) => Encoding.UTF8.GetString(Field(message, number).Span);

    private static string Hex(ReadOnlyMemory<byte> message, int number) => Convert.ToHexStringLower(Field(message, number).Span);

    private static ReadOnlyMemory<byte> Field(ReadOnlyMemory<byte> message, int number) => Fields(message, number).LastOrDefault();

    /// <summary>The length-delimited fields of this number; the others are stepped over.</summary>
    private static List<ReadOnlyMemory<byte>> Fields(ReadOnlyMemory<byte> message, int number)
    {
        var found = new List<ReadOnlyMemory<byte>>();
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message.Span, ref at);
            switch (tag & 7)
            {
                case 0:
                    Varint(message.Span, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message.Span, ref at);
                    if ((int)(tag >> 3) == number)
                    {
                        found.Add(message.Slice(at, length));
                    }

                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Wire type {tag & 7} at {at}.");
            }
        }

        return found;
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
