using System.Collections.Frozen;
using Sidecar.Invocation;
using Sidecar.Resiliency;

namespace Sidecar.Grpc.Proxy;

/// <summary>A call of an app's own gRPC service, made anew for each attempt.</summary>
internal sealed class ProxiedCall(GrpcCall call, string path, InvocationIdentity identity, long limit) : IInvocation
{
    private const string StreamKey = "dapr-stream";

    // Made anew, or for the sidecar alone.
    private static readonly FrozenSet<string> Own = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "content-type", "content-length", "te", StreamKey, "grpc-trace-bin");

    private readonly FrameGauge _gauge = new(limit);
    private ProxiedBody? _body;
    private byte[]? _kept;

    /// <summary>The client says so; nothing else tells a call with one message from a stream (dapr-contract.md 7.2).</summary>
    public bool IsStream { get; } = call.Metadata(StreamKey)?.ToUpperInvariant() is "1" or "T" or "Y" or "TRUE" or "YES" or "ON";

    public bool MayBeKept => false;

    public bool CanBeSentAgain => _kept is not null || _body is not { WasRead: true };

    public GrpcException? Fault => _body?.Fault;

    /// <summary>Waits for the client's only message. A second one cannot be kept: as with daprd the call then fails.</summary>
    public async Task KeepBodyAsync(CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        while (true)
        {
            var read = await call.Body.ReadAsync(cancellationToken);
            foreach (var piece in read.Buffer)
            {
                _gauge.Feed(piece.Span);
                buffer.Write(piece.Span);
            }

            call.Body.AdvanceTo(read.Buffer.End);
            if (_gauge.Count > 1)
            {
                throw new GrpcException(GrpcStatusCode.FailedPrecondition, "cannot use resiliency policies with retries on streaming RPCs");
            }

            if (read.IsCompleted)
            {
                _kept = _gauge.IsBetweenMessages
                    ? buffer.ToArray()
                    : throw new GrpcException(GrpcStatusCode.Internal, "the stream ends in the middle of a message");
                return;
            }
        }
    }

    public HttpRequestMessage Build()
    {
        var content = Content();
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = content };
        content.Headers.TryAddWithoutValidation("Content-Type", call.Metadata("content-type"));
        request.Headers.TryAddWithoutValidation("te", "trailers");
        var nominated = HeaderRules.NominatedBy(default);
        foreach (var (name, values) in call.Headers)
        {
            if (!name.StartsWith(':') && !Own.Contains(name) && HeaderRules.GoesToApp(name, nominated))
            {
                request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        identity.AddIdsTo(request.Headers);
        request.Headers.TryAddWithoutValidation(SidecarHeaders.Proxied, "true");
        GrpcMetadata.Add(request.Headers, call.Trace);
        return request;
    }

    private HttpContent Content()
    {
        if (_kept is not null)
        {
            return new ByteArrayContent(_kept);
        }

        var body = new ProxiedBody(call.Body, _gauge);
        _body = body;
        return body;
    }

    // Only an answer without any message can be a failure that is tried again; with the first message the client has it.
    public Attempt<HttpResponseMessage> Judge(HttpResponseMessage answer) => GrpcReply.StatusIn(answer.Headers) is { } status and not GrpcStatusCode.Ok
        ? Attempt<HttpResponseMessage>.Failure(answer, (int)status)
        : answer;
}
