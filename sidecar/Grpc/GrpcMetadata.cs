using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Net.Http.Headers;
using Sidecar.Tracing;

namespace Sidecar.Grpc;

/// <summary>Metadata of calls to an app: what may be one, and the trace in both of Dapr's forms (dapr-contract.md 13).</summary>
internal static class GrpcMetadata
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    // They speak of the call or the connection, not for the app.
    private static readonly FrozenSet<string> Reserved = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "content-type", "content-length", "te", "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "expect", "trailer",
        "traceparent", "tracestate", "baggage");

    /// <summary>Adds what can be metadata and leaves out the rest: it may come from a broker or a driver, which have other rules.</summary>
    public static void Add(HttpRequestHeaders headers, string name, string value)
    {
        var lower = name.ToLowerInvariant();
        if (lower.Length > 0
            && !lower.AsSpan().ContainsAnyExcept(NameCharacters)
            && !lower.StartsWith("grpc-", StringComparison.Ordinal)
            && !lower.EndsWith("-bin", StringComparison.Ordinal)
            && !Reserved.Contains(lower)
            && !value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            headers.TryAddWithoutValidation(lower, value);
        }
    }

    public static void Add(HttpRequestHeaders headers, TraceContext trace)
    {
        AddWhenPresent("traceparent", trace.Traceparent);
        AddWhenPresent("tracestate", trace.Tracestate);
        AddWhenPresent("baggage", trace.Baggage);
        AddWhenPresent("grpc-trace-bin", Binary(trace.Traceparent));

        void AddWhenPresent(string name, string value)
        {
            if (value.Length > 0)
            {
                headers.TryAddWithoutValidation(name, value);
            }
        }
    }

    // OpenCensus' form: version 0, then trace id, span id and options, each behind its field number.
    private static string Binary(string traceparent)
    {
        if (traceparent.Split('-') is not [_, { Length: 32 } traceId, { Length: 16 } spanId, { Length: 2 } flags]
            || !traceId.All(char.IsAsciiHexDigit) || !spanId.All(char.IsAsciiHexDigit)
            || !byte.TryParse(flags, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var options))
        {
            return "";
        }

        return Convert.ToBase64String([0, 0, .. Convert.FromHexString(traceId), 1, .. Convert.FromHexString(spanId), 2, options]).TrimEnd('=');
    }
}
