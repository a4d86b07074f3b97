using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Threading.Channels;
using Google.Protobuf;

namespace DaprShop.Tests.Grpc;

/// <summary>A call whose both sides stream, by nothing but HTTP/2 and the frame.</summary>
internal sealed class DuplexCall : IAsyncDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly Outgoing _outgoing = new();
    private readonly Task<HttpResponseMessage> _response;
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(60));

    public DuplexCall(Uri address, string path, params (string Name, string Value)[] metadata)
    {
        _http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, ConnectCallback = ConnectAsync });
        _outgoing.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = _outgoing,
        };
        foreach (var (name, value) in metadata)
        {
            request.Headers.Add(name, value);
        }

        _response = _http.SendAsync(request, _deadline.Token);
    }

    public void Send(IMessage message) => _outgoing.Frames.Writer.TryWrite(RawGrpcClient.Frame(message.ToByteArray()));

    /// <summary>Ends the client's side.</summary>
    public void Complete() => _outgoing.Frames.Writer.TryComplete();

    /// <summary>The next message; null when the server has ended its side.</summary>
    public async Task<T?> NextAsync<T>(MessageParser<T> parser)
        where T : class, IMessage<T>
    {
        var response = await _response;
        var stream = await response.Content.ReadAsStreamAsync(_deadline.Token);
        var header = new byte[5];
        if (await stream.ReadAtLeastAsync(header, 5, throwOnEndOfStream: false, _deadline.Token) == 0)
        {
            return null;
        }

        var message = new byte[BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1))];
        await stream.ReadExactlyAsync(message, _deadline.Token);
        return parser.ParseFrom(message);
    }

    /// <summary>Breaks the call off, as a client that cancels does.</summary>
    public async Task CancelAsync() => (await _response).Dispose();

    /// <summary>How the call ended, number and text; what was still to be read is skipped.</summary>
    public async Task<string> EndAsync()
    {
        var response = await _response;
        await (await response.Content.ReadAsStreamAsync(_deadline.Token)).CopyToAsync(Stream.Null, _deadline.Token);
        HttpHeaders end = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        var status = int.Parse(end.GetValues("grpc-status").Single(), CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{status} {(end.TryGetValues("grpc-message", out var text) ? text.Single() : "")}");
    }

    public async ValueTask DisposeAsync()
    {
        Complete();
        _read.TrySetResult();
        _http.Dispose();
        await ((Task)_response).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_response.IsCompletedSuccessfully)
        {
            (await _response).Dispose();
        }

        _deadline.Dispose();
    }

    // HttpClient throws an answer away that has come whole but is not read yet, when the server closes the connection while the client's
    // side is open. Nothing obliges a gRPC client to end its side first, so the end of the connection has to wait here.
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new LateEnd(socket, _read.Task);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class LateEnd(Socket socket, Task read) : NetworkStream(socket, ownsSocket: true)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            if (count == 0 && buffer.Length > 0)
            {
                await read.WaitAsync(cancellationToken);
            }

            return count;
        }
    }

    private sealed class Outgoing : HttpContent
    {
        public Channel<byte[]> Frames { get; } = Channel.CreateUnbounded<byte[]>();

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.FlushAsync(cancellationToken);
            await foreach (var frame in Frames.Reader.ReadAllAsync(cancellationToken))
            {
                await stream.WriteAsync(frame, cancellationToken);
                await stream.FlushAsync(cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
