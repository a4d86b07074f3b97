using System.Net;
using Google.Protobuf;
using Sidecar.Invocation;
using Sidecar.Tracing;

namespace Sidecar.Grpc.Callbacks;

/// <summary>Calls the service that a gRPC app serves for its sidecar, over the app channel with its token and its limit.</summary>
internal sealed class AppCallback(AppChannel app, Host.SidecarOptions options)
{
    private const string Service = "/dapr.proto.runtime.v1.AppCallback/";

    public const string HealthCheck = "/dapr.proto.runtime.v1.AppCallbackHealthCheck/HealthCheck";

    private long Limit => options.MaxBodySizeBytes > 0 ? options.MaxBodySizeBytes : int.MaxValue;

    /// <summary>
    /// Throws <see cref="GrpcException"/> when the app ends the call with another status than OK, and
    /// <see cref="HttpRequestException"/> or <see cref="IOException"/> when there is no answer.
    /// </summary>
    public async Task<GrpcReply<T>> CallAsync<T>(
        string method,
        IMessage request,
        MessageParser<T> parser,
        IEnumerable<KeyValuePair<string, string>> metadata,
        TraceContext trace,
        CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        using var message = ToRequest(Service + method, request);
        foreach (var (name, value) in metadata)
        {
            GrpcMetadata.Add(message.Headers, name, value);
        }

        GrpcMetadata.Add(message.Headers, trace);
        using var response = await app.SendAsync(message, cancellationToken);
        return await GrpcReply.ReadAsync(response, parser, Limit, cancellationToken);
    }

    public static HttpRequestMessage ToRequest(string path, IMessage message)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(GrpcFrame.ToArray(message)),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", GrpcReply.ContentType);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("grpc-accept-encoding", "identity,gzip");
        return request;
    }
}
