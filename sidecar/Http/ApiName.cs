using System.Collections.Frozen;

namespace Sidecar.Http;

/// <summary>
/// What logs and traces call an API request: its method and the template of its route, never its path, for the keys, ids and methods in that
/// may be a person's name or address.
/// </summary>
internal static class ApiName
{
    private static readonly FrozenSet<string> Methods = new[]
    {
        HttpMethods.Connect, HttpMethods.Delete, HttpMethods.Get, HttpMethods.Head, HttpMethods.Options, HttpMethods.Patch, HttpMethods.Post,
        HttpMethods.Put, HttpMethods.Query, HttpMethods.Trace,
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Such as <c>GET /v1.0/state/{store}/{key}</c>; the method alone where no route matches.</summary>
    public static string Of(HttpContext context) =>
        (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { } route ? $"{MethodOf(context.Request)} {route}" : MethodOf(context.Request);

    /// <summary>A method that HTTP does not know is <c>_OTHER</c>, as OpenTelemetry calls it.</summary>
    public static string MethodOf(HttpRequest request) => Methods.Contains(request.Method) ? request.Method : "_OTHER";
}
