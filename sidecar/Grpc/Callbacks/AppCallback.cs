using System.Net;
using Google.Protobuf;
using Sidecar.Invocation;
using Sidecar.Tracing;

namespace Sidecar.Grpc.Callbacks;

/// <summary>Calls the service that a gRPC app serves for its sidecar, over the app channel with its token and its limit.</summary>
internal sealed partial class AppCallback(AppChannel app, Host.SidecarOptions options, ILogger<AppCallback> logger)
{
    private const string Service = "/dapr.proto.runtime.v1.AppCallback/";
    private const string AlphaService = "/dapr.proto.runtime.v1.AppCallbackAlpha/";

    public const string HealthCheck = "/dapr.proto.runtime.v1.AppCallbackHealthCheck/HealthCheck";

    private long Limit => options.MaxBodySizeBytes > 0 ? options.MaxBodySizeBytes : int.MaxValue;

    /// <summary>
    /// Throws <see cref="GrpcException"/> when the app ends the call with another status than OK, and
    /// <see cref="HttpRequestException"/> or <see cref="IOException"/> when there is no answer.
    /// </summary>
    public Task<GrpcReply<T>> CallAsync<T>(
        string method,
        IMessage request,
        MessageParser<T> parser,
        IEnumerable<KeyValuePair<string, string>> metadata,
        TraceContext trace,
        CancellationToken cancellationToken)
        where T : class, IMessage<T> => SendAsync(Service + method, request, parser, metadata, trace, cancellationToken);

    /// <summary>
    /// As above, for a method that older SDKs serve under its alpha name only. Both are tried each time, as daprd does: the app
    /// may have been replaced by a newer one in between.
    /// </summary>
    public async Task<GrpcReply<T>> CallOrAlphaAsync<T>(
        string method,
        IMessage request,
        MessageParser<T> parser,
        IReadOnlyCollection<KeyValuePair<string, string>> metadata,
        TraceContext trace,
        CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        try
        {
            return await CallAsync(method, request, parser, metadata, trace, cancellationToken);
        }
        catch (GrpcException failure) when (failure.Status == GrpcStatusCode.Unimplemented)
        {
            LogFallingBack(logger, method);
            return await SendAsync($"{AlphaService}{method}Alpha1", request, parser, metadata, trace, cancellationToken);
        }
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

    private async Task<GrpcReply<T>> SendAsync<T>(
        string path,
        IMessage request,
        MessageParser<T> parser,
        IEnumerable<KeyValuePair<string, string>> metadata,
        TraceContext trace,
        CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        using var message = ToRequest(path, request);
        foreach (var (name, value) in metadata)
        {
            GrpcMetadata.Add(message.Headers, name, value);
        }

        GrpcMetadata.Add(message.Headers, trace);
        using var response = await app.SendAsync(message, cancellationToken);
        return await GrpcReply.ReadAsync(response, parser, Limit, cancellationToken);
    }

    [LoggerMessage(LogLevel.Debug, "The app does not implement {Method}; its alpha name is tried")]
    private static partial void LogFallingBack(ILogger logger, string method);
}
