using System.Diagnostics;
using Microsoft.Extensions.Primitives;

namespace Sidecar.Tracing;

/// <summary>
/// The W3C trace context that goes on to the app and into events. Without a tracer an incoming context is passed on
/// unchanged and a missing one stays empty (dapr-contract.md 13), so <see cref="Activity.Current"/> alone is not enough.
/// </summary>
internal readonly record struct TraceContext(string Traceparent, string Tracestate, string Baggage)
{
    public static readonly TraceContext Empty = new("", "", "");

    /// <summary>The headers that carry it on; those without a value are left out.</summary>
    public IEnumerable<KeyValuePair<string, string[]>> Headers =>
        new (string Name, string Value)[] { ("traceparent", Traceparent), ("tracestate", Tracestate), ("baggage", Baggage) }
            .Where(header => header.Value.Length > 0)
            .Select(header => new KeyValuePair<string, string[]>(header.Name, [header.Value]));

    /// <summary>The context of a request to the HTTP or gRPC API.</summary>
    public static TraceContext Of(HttpContext context)
    {
        var headers = context.Request.Headers;
        return Activity.Current is { } activity
            ? new TraceContext(activity.Id ?? "", activity.TraceStateString ?? "", One(headers.Baggage))
            : Of(headers);
    }

    /// <summary>The context that a request brought along, whatever the server made of it.</summary>
    public static TraceContext Of(IHeaderDictionary headers) =>
        new(One(headers.TraceParent), One(headers.TraceState), One(headers.Baggage));

    /// <summary>The context of work that no request started, such as a delivery.</summary>
    public static TraceContext Of(Activity? activity) =>
        activity is null ? Empty : new TraceContext(activity.Id ?? "", activity.TraceStateString ?? "", "");

    private static string One(StringValues values) => values.Count == 0 ? "" : values.ToString();
}
