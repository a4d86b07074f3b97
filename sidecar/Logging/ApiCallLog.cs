using System.Globalization;

namespace Sidecar.Logging;

/// <summary>One line of daprd's API log: its facts are fields of the line, not words of the message (dapr-contract.md 13).</summary>
internal sealed record ApiCallLog(string Method, string UserAgent, int Code, TimeSpan Duration)
{
    public const string HttpScope = "dapr.runtime.http-info";
    public const string HttpMessage = "HTTP API Called";
    public const string GrpcScope = "dapr.runtime.grpc.api-info";
    public const string GrpcMessage = "gRPC API Called";

    public IReadOnlyList<KeyValuePair<string, string>> Fields =>
    [
        new("code", Code.ToString(CultureInfo.InvariantCulture)),
        new("duration", ((long)Duration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)),
        new("method", Method),
        new("useragent", UserAgent),
    ];
}
