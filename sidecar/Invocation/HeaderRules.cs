using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;
using Sidecar.Tracing;

namespace Sidecar.Invocation;

/// <summary>Which headers an invocation carries on (dapr-contract.md 7.1).</summary>
internal static class HeaderRules
{
    /// <summary>Whom a request that is no API call is for.</summary>
    public const string AppId = "dapr-app-id";

    public const string CallerAppId = "dapr-caller-app-id";
    public const string CallerNamespace = "dapr-caller-namespace";
    public const string CalleeAppId = "dapr-callee-app-id";

    // Of one connection only (RFC 9110 7.6.1), with daprd's additions.
    private static readonly FrozenSet<string> HopByHop = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "connection",
        "keep-alive",
        "proxy-connection",
        "transfer-encoding",
        "upgrade",
        "http2-settings",
        "te",
        "trailer",
        "proxy-authorization",
        "proxy-authenticate");

    // Made anew by this sidecar; what a client sends under these names is dropped, or it could pass as another app.
    private static readonly FrozenSet<string> Replaced = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "host",
        "content-length",
        "expect",
        "dapr-api-token",
        AppId,
        CallerAppId,
        CallerNamespace,
        CalleeAppId,
        "traceparent",
        "tracestate",
        "baggage");

    // As metadata they would speak of the gRPC call; daprd hands them on under another name.
    private static readonly FrozenSet<string> Renamed = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "accept-ranges", "cache-control", "content-length", "content-type", "cookie", "date", "from", "pragma", "via", "warning");

    public static bool GoesToApp(string name, IReadOnlySet<string> nominated) =>
        !HopByHop.Contains(name) && !Replaced.Contains(name) && !SidecarHeaders.Has(name) && !nominated.Contains(name);

    public static bool GoesToCaller(string name, IReadOnlySet<string> nominated) =>
        !HopByHop.Contains(name) && !SidecarHeaders.Has(name) && !nominated.Contains(name);

    public static bool IsTrace(string name) =>
        name.Equals("traceparent", StringComparison.OrdinalIgnoreCase)
        || name.Equals("tracestate", StringComparison.OrdinalIgnoreCase)
        || name.Equals("baggage", StringComparison.OrdinalIgnoreCase);

    /// <summary>Under what name an HTTP header is metadata of a gRPC call.</summary>
    public static string NameInGrpc(string name) => Renamed.Contains(name) ? $"dapr-{name}" : name;

    public static TraceContext TraceOf(HttpRequestMessage request)
    {
        return new TraceContext(One("traceparent"), One("tracestate"), One("baggage"));

        string One(string name) => request.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : "";
    }

    /// <summary>The headers that a Connection header declares to be of this connection only.</summary>
    public static IReadOnlySet<string> NominatedBy(StringValues connection) => connection.Count == 0
        ? FrozenSet<string>.Empty
        : connection
            .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
}
