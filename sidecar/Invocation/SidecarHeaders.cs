namespace Sidecar.Invocation;

/// <summary>
/// What one sidecar tells another beside a call, in headers of this program's own. They never come from a client, never reach an
/// app and never leave with an answer.
/// </summary>
internal static class SidecarHeaders
{
    private const string Prefix = "sidecar-";

    /// <summary>Of a call by message whose verb no HTTP request can have: what is wrong with it, should the app speak HTTP.</summary>
    public const string NoVerb = Prefix + "no-verb";

    /// <summary>The type URL of a message's data, on the way to an app that speaks gRPC and back.</summary>
    public const string DataType = Prefix + "data-type";

    /// <summary>How a gRPC app ended the call; with the two below it is what a gRPC caller gets.</summary>
    public const string GrpcStatus = Prefix + "grpc-status";

    public const string GrpcMessage = Prefix + "grpc-message";

    public const string GrpcDetails = Prefix + "grpc-details";

    /// <summary>A call of the app's own gRPC service, to be passed on as it is.</summary>
    public const string Proxied = Prefix + "proxied";

    /// <summary>Of the caller, beside its app id and namespace.</summary>
    public const string TrustDomain = Prefix + "trust-domain";

    /// <summary>Shows that the caller is a sidecar that may read the register of sidecars.</summary>
    public const string Secret = Prefix + "secret";

    /// <summary>Of an answer that is the sidecar's and not its app's.</summary>
    public const string Fault = Prefix + "fault";

    public static bool Has(string name) => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    public static string? Find(HttpRequestMessage request, string name) => request.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    public static string? Find(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
