using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace Dapr.Workflow.Grpc;

/// <summary>
/// Calls over HTTP/2: unary and server streaming, which is all that the workflow protocol has. Plain http means HTTP/2 from
/// the first byte, since the sidecar's gRPC port speaks nothing else.
/// </summary>
internal sealed class GrpcChannel(GrpcChannelSettings settings, TimeProvider clock) : IDisposable
{
    private static readonly MediaTypeHeaderValue ContentType = new("application/grpc");

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        EnableMultipleHttp2Connections = true,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        // An idle work item stream must notice a peer that vanished without closing its connection.
        KeepAlivePingDelay = TimeSpan.FromSeconds(20),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
        // The trace headers are set here: the handler's own would make a root span of every poll and keep-alive.
        ActivityHeadersPropagator = null,
    });

    /// <summary>One request, one reply.</summary>
    /// <param name="method">What to call.</param>
    /// <param name="request">The message to send.</param>
    /// <param name="deadline">Time for the whole call, told to the server as well; null waits as long as it takes.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    public async Task<TResponse> UnaryAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, TimeSpan? deadline, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse>
    {
        using var timeout = new CancellationTokenSource(deadline ?? Timeout.InfiniteTimeSpan, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            TResponse? reply = default;
            var replied = false;
            await foreach (var message in CallAsync(method, request, deadline, ending.Token))
            {
                reply = message;
                replied = true;
            }

            return replied ? reply! : throw new GrpcCallException(GrpcStatus.Internal, "The server answered OK without a message.");
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new GrpcCallException(GrpcStatus.DeadlineExceeded, $"No answer within {deadline}.");
        }
    }

    /// <summary>One request, a stream of replies that ends with the server's status or with the token.</summary>
    public IAsyncEnumerable<TResponse> ServerStreamAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        CallAsync(method, request, deadline: null, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async IAsyncEnumerable<TResponse> CallAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method,
        TRequest request,
        TimeSpan? deadline,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse>
    {
        using var message = NewMessage(method.Path, GrpcFrames.Write(request), deadline);
        using var response = await OnTransport(_http.SendAsync(message, cancellationToken), cancellationToken);
        GrpcReplyStatus.CheckHeaders(response);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        while (await OnTransport(GrpcFrames.ReadAsync(body, settings.MaxReceiveMessageSize, cancellationToken).AsTask(), cancellationToken) is { } frame)
        {
            yield return Parse(method.Response, frame);
        }

        GrpcReplyStatus.CheckEnd(response);
    }

    private HttpRequestMessage NewMessage(string path, byte[] frame, TimeSpan? deadline)
    {
        var length = frame.Length - GrpcFrames.HeaderLength;
        if (length > settings.MaxSendMessageSize)
        {
            throw new GrpcCallException(
                GrpcStatus.ResourceExhausted, $"A message of {length} bytes exceeds the limit of {settings.MaxSendMessageSize} bytes.");
        }

        var message = new HttpRequestMessage(HttpMethod.Post, new Uri(settings.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = ContentType } },
        };
        message.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("dapr-workflow-dotnet", "1.0"));
        if (deadline is { } time)
        {
            message.Headers.Add("grpc-timeout", FormatTimeout(time));
        }

        if (settings.ApiToken.Length > 0)
        {
            message.Headers.TryAddWithoutValidation(DaprDefaults.ApiTokenHeader, settings.ApiToken);
        }

        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } traceParent } activity)
        {
            message.Headers.Add("traceparent", traceParent);
            if (!string.IsNullOrEmpty(activity.TraceStateString))
            {
                message.Headers.TryAddWithoutValidation("tracestate", activity.TraceStateString);
            }
        }

        return message;
    }

    // At most eight digits are allowed, so long times are told in seconds. Rounding up keeps a short deadline above zero.
    private static string FormatTimeout(TimeSpan time)
    {
        var milliseconds = Math.Ceiling(time.TotalMilliseconds);
        return milliseconds <= 99_999_999
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds:F0}m")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Min(Math.Ceiling(time.TotalSeconds), 99_999_999):F0}S");
    }

    private static T Parse<T>(MessageParser<T> parser, byte[] frame)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(frame);
        }
        catch (InvalidProtocolBufferException failure)
        {
            throw new GrpcCallException(GrpcStatus.Internal, $"The reply cannot be read: {failure.Message}", failure);
        }
    }

    private static async Task<T> OnTransport<T>(Task<T> step, CancellationToken cancellationToken)
    {
        try
        {
            return await step;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            // A cancelled read can surface as a broken stream; the caller asked for the end, so that is what it gets.
            cancellationToken.ThrowIfCancellationRequested();
            throw GrpcReplyStatus.FromTransport(failure);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new GrpcCallException(GrpcStatus.Unavailable, "The connection could not be made in time.");
        }
    }
}
