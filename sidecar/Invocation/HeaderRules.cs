using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

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

    public static bool GoesToApp(string name, IReadOnlySet<string> nominated) =>
        !HopByHop.Contains(name) && !Replaced.Contains(name) && !nominated.Contains(name);

    public static bool GoesToCaller(string name, IReadOnlySet<string> nominated) =>
        !HopByHop.Contains(name) && !nominated.Contains(name);

    /// <summary>The headers that a Connection header declares to be of this connection only.</summary>
    public static IReadOnlySet<string> NominatedBy(StringValues connection) => connection.Count == 0
        ? FrozenSet<string>.Empty
        : connection
            .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
}
