using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace DaprShop.Tests.Grpc;

/// <summary>How a call ended, and what it brought.</summary>
internal sealed record RawReply(int Status, string Message, IReadOnlyList<byte[]> Messages, bool TrailersOnly)
{
    public byte[] Single => Assert.Single(Messages);

    /// <summary>What grpc-status-details-bin held; null when the header was absent.</summary>
    public Sidecar.Grpc.Rpc.Status? Details { get; init; }

    /// <summary>Metadata that came before the first message, or with a trailers-only answer.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}

/// <summary>A gRPC client that knows nothing but HTTP/2 and the frame: an independent reading of the wire.</summary>
internal sealed class RawGrpcClient(Uri address) : IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = true });

    public static byte[] Frame(ReadOnlySpan<byte> message, byte flag = 0)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame.AsSpan(5));
        return frame;
    }

    public Task<RawReply> CallAsync(
        string path, IMessage request, CancellationToken cancellationToken = default, params (string Name, string Value)[] metadata) =>
        SendAsync(path, Frame(request.ToByteArray()), cancellationToken, metadata);

    public async Task<T> CallAsync<T>(string path, IMessage request, MessageParser<T> parser, CancellationToken cancellationToken = default)
        where T : IMessage<T>
    {
        var reply = await CallAsync(path, request, cancellationToken);
        Assert.True(reply.Status == 0, $"{path}: {reply.Status} {reply.Message}");
        return parser.ParseFrom(reply.Single);
    }

    public async Task<RawReply> SendAsync(
        string path, byte[] body, CancellationToken cancellationToken = default, params (string Name, string Value)[] metadata)
    {
        using var response = await OpenAsync(path, body, cancellationToken, metadata);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        List<byte[]> messages = [];
        while (await ReadFrameAsync(stream, cancellationToken) is { } message)
        {
            messages.Add(message);
        }

        var trailersOnly = response.Headers.Contains("grpc-status");
        HttpHeaders end = trailersOnly ? response.Headers : response.TrailingHeaders;
        var status = int.Parse(end.GetValues("grpc-status").Single(), System.Globalization.CultureInfo.InvariantCulture);
        var text = end.TryGetValues("grpc-message", out var values) ? values.Single() : "";
        return new RawReply(status, text, messages, trailersOnly)
        {
            Details = end.TryGetValues("grpc-status-details-bin", out var details) ? ReadDetails(details.Single()) : null,
            Headers = response.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase),
        };
    }

    public async IAsyncEnumerable<byte[]> StreamAsync(string path, IMessage request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await OpenAsync(path, Frame(request.ToByteArray()), cancellationToken);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        while (await ReadFrameAsync(stream, cancellationToken) is { } message)
        {
            yield return message;
        }
    }

    public async Task<HttpResponseMessage> OpenAsync(
        string path, byte[] body, CancellationToken cancellationToken, params (string Name, string Value)[] metadata)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach (var (name, value) in metadata)
        {
            request.Headers.Add(name, value);
        }

        var response = await _http.SendAsync(request, cancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/grpc", response.Content.Headers.ContentType?.MediaType);
        return response;
    }

    /// <summary>A request whose body the test sends itself.</summary>
    public async Task SendAsync(string path, HttpContent content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        using var response = await _http.SendAsync(request, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private static Sidecar.Grpc.Rpc.Status ReadDetails(string text)
    {
        Assert.DoesNotContain('=', text);
        return Sidecar.Grpc.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '=')));
    }

    private static async Task<byte[]?> ReadFrameAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = new byte[5];
        var read = await stream.ReadAtLeastAsync(header, 5, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
        {
            return null;
        }

        Assert.Equal(5, read);
        Assert.Equal(0, header[0]);
        var message = new byte[BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1))];
        await stream.ReadExactlyAsync(message, cancellationToken);
        return message;
    }
}
