using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using Google.Protobuf;
using Sidecar.Invocation;
using Sidecar.Metrics;
using Sidecar.Tracing;

namespace Sidecar.Grpc;

/// <summary>One call: its metadata, its deadline, the messages in and out, and how it ends.</summary>
internal sealed class GrpcCall : IDisposable
{
    private readonly HttpContext _http;
    private readonly long _maxMessageBytes;
    private readonly CancellationTokenSource? _deadline;
    private readonly CancellationTokenSource _cancellation;
    private Activity? _span;

    public GrpcCall(HttpContext http, long maxMessageBytes, TimeProvider clock)
    {
        _http = http;
        _maxMessageBytes = maxMessageBytes;
        if (GrpcTimeout.Parse(http.Request.Headers["grpc-timeout"]) is { } timeout)
        {
            // A token source takes at most 49 days; such a deadline never matters to a call.
            var capped = timeout < TimeSpan.FromDays(40) ? timeout : TimeSpan.FromDays(40);
            _deadline = new CancellationTokenSource(capped, clock);
        }

        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _deadline?.Token ?? default);
    }

    /// <summary>Cancelled when the client went away or its deadline passed.</summary>
    public CancellationToken Cancelled => _cancellation.Token;

    public bool DeadlineExceeded => _deadline is { IsCancellationRequested: true };

    public bool ClientGone => _http.RequestAborted.IsCancellationRequested;

    /// <summary>
    /// The trace of this call: of its span, or as the client sent it. The server may have opened a span of its own, which
    /// nobody exports and which therefore does not count.
    /// </summary>
    public TraceContext Trace => _span is null
        ? TraceContext.Of(Headers)
        : TraceContext.Of(_span) with { Baggage = Headers.Baggage.ToString() };

    /// <summary>Everything the client sent along, as on the wire; binary values are still base64.</summary>
    public IHeaderDictionary Headers => _http.Request.Headers;

    /// <summary>Metadata of the answer; none can be added once its first byte is sent.</summary>
    public IHeaderDictionary AnswerHeaders => _http.Response.Headers;

    /// <summary>The client's side, for who passes it on unread.</summary>
    public PipeReader Body => _http.Request.BodyReader;

    public string? Metadata(string name) => _http.Request.Headers.TryGetValue(name, out var values) ? (string?)values : null;

    public Task<T?> ReadAsync<T>(MessageParser<T> parser)
        where T : class, IMessage<T> => ReadAsync(parser, Cancelled);

    /// <param name="cancellationToken">Ends the wait for the next message; linked to <see cref="Cancelled"/>.</param>
    public Task<T?> ReadAsync<T>(MessageParser<T> parser, CancellationToken cancellationToken)
        where T : class, IMessage<T> =>
        GrpcFrame.ReadAsync(_http.Request.BodyReader, parser, Metadata("grpc-encoding"), _maxMessageBytes, cancellationToken);

    /// <summary>Opens a span under the client's; the answer carries its context. None where nobody listens or samples.</summary>
    public Activity? StartSpan(ActivitySource source, string path)
    {
        ActivityContext.TryParse(Metadata("traceparent"), Metadata("tracestate"), isRemote: true, out var parent);
        _span = source.StartActivity(path, ActivityKind.Server, parent);
        if (_span is not null)
        {
            _span.SetTag("dapr.protocol", "grpc");
            _span.SetTag("dapr.api", path);
            AnswerHeaders.TraceParent = _span.Id;
        }

        return _span;
    }

    /// <summary>Sends the headers at once; a stream that has nothing to say yet would otherwise look dead to its client.</summary>
    public async Task StartAsync()
    {
        await _http.Response.StartAsync(Cancelled);
        await _http.Response.BodyWriter.FlushAsync(Cancelled);
    }

    public void Write(IMessage message) => GrpcFrame.Write(_http.Response.BodyWriter, message);

    /// <summary>Bytes of another server's answer.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes) => await _http.Response.BodyWriter.WriteAsync(bytes, Cancelled);

    /// <summary>The metadata of another server's answer become this one's.</summary>
    public void CopyHead(HttpResponseMessage answer)
    {
        var headers = _http.Response.Headers;
        headers.Remove("grpc-accept-encoding");
        foreach (var (name, value) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (!IsOfTheConnection(name) && !IsEnd(name) && !(IsTrace(name) && headers.TraceParent.Count > 0))
            {
                headers[name] = value.ToArray();
            }
        }
    }

    /// <summary>Ends the call as another server ended it, its trailing metadata included.</summary>
    public async Task EndAsync(HttpHeaders end)
    {
        var started = _http.Response.HasStarted;
        foreach (var (name, value) in end.NonValidated)
        {
            if (started)
            {
                _http.Response.AppendTrailer(name, value.ToArray());
            }
            else if (IsEnd(name))
            {
                _http.Response.Headers[name] = value.ToArray();
            }
        }

        await _http.Response.CompleteAsync();
    }

    /// <summary>The call ends with this error of the API.</summary>
    public void CountError(string errorCode) => _http.RequestServices.GetService<SidecarMetrics>()?.Errors.Answered(errorCode);

    public async Task FlushAsync() => await _http.Response.BodyWriter.FlushAsync(Cancelled);

    /// <summary>Runs when the client has the whole answer.</summary>
    public void OnAnswered(Action action) => _http.Response.OnCompleted(() =>
    {
        action();
        return Task.CompletedTask;
    });

    /// <summary>
    /// Ends the call. Before the first byte of the answer the status goes into the headers (a trailers-only answer).
    /// Completing the response also lets go of a request whose client has not ended its side.
    /// </summary>
    public async Task EndAsync(GrpcStatusCode status, string message, IReadOnlyList<IMessage>? details = null)
    {
        var started = _http.Response.HasStarted || status == GrpcStatusCode.Ok;
        if (started && !_http.Response.HasStarted)
        {
            await _http.Response.StartAsync(_http.RequestAborted);
        }

        Append("grpc-status", ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (message.Length > 0)
        {
            Append("grpc-message", GrpcStatusMessage.Encode(message));
        }

        if (details is { Count: > 0 })
        {
            Append("grpc-status-details-bin", GrpcStatusMessage.EncodeDetails(status, message, details));
        }

        await _http.Response.CompleteAsync();

        void Append(string name, string value)
        {
            if (started)
            {
                _http.Response.AppendTrailer(name, value);
            }
            else
            {
                _http.Response.Headers[name] = value;
            }
        }
    }

    private static bool IsEnd(string name) =>
        name is "grpc-status" or "grpc-message" or "grpc-status-details-bin";

    private static bool IsOfTheConnection(string name) =>
        SidecarHeaders.Has(name)
        || name.Equals("date", StringComparison.OrdinalIgnoreCase)
        || name.Equals("server", StringComparison.OrdinalIgnoreCase)
        || name.Equals("content-length", StringComparison.OrdinalIgnoreCase);

    private static bool IsTrace(string name) => name.Equals("traceparent", StringComparison.OrdinalIgnoreCase);

    public void Dispose()
    {
        _cancellation.Dispose();
        _deadline?.Dispose();
    }
}
