using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DaprShop.Benchmarks.Load;

/// <summary>
/// One kept-alive HTTP/1.1 connection that sends prepared bytes and reads just enough of the answer: on the cores that the
/// server shares with it, a full client would be most of what is measured.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _buffer = new byte[64 * 1024];

    private HttpConnection()
    {
    }

    public static async Task<HttpConnection> OpenAsync(int port)
    {
        var connection = new HttpConnection();
        await connection._socket.ConnectAsync(IPAddress.Loopback, port);
        return connection;
    }

    public static byte[] Request(string method, string path, string? json = null) => Encoding.UTF8.GetBytes(
        json is null
            ? $"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
            : $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");

    /// <summary>Throws when the answer is not a 2xx.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> request)
    {
        if (await AskAsync(request) is var answer && answer.Status / 100 != 2)
        {
            throw new InvalidOperationException($"not expected: {answer.Status} {Encoding.UTF8.GetString(answer.Body.Span)}");
        }
    }

    /// <returns>The status and the body as it was sent, chunk sizes included; it is there until the next request.</returns>
    public async Task<(int Status, ReadOnlyMemory<byte> Body)> AskAsync(ReadOnlyMemory<byte> request)
    {
        await _socket.SendAsync(request);
        var have = 0;
        int end;
        while ((end = EndOf(_buffer.AsSpan(0, have))) < 0)
        {
            if (have == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            var read = await _socket.ReceiveAsync(_buffer.AsMemory(have));
            have += read > 0 ? read : throw new IOException("the server hung up");
        }

        if (end != have || !Utf8Parser.TryParse(_buffer.AsSpan(9, 3), out int status, out _))
        {
            throw new InvalidOperationException($"not expected: {Encoding.UTF8.GetString(_buffer, 0, have)}");
        }

        var body = _buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8) + 4;
        return (status, _buffer.AsMemory(body, have - body));
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Where the answer ends; -1 while it is not whole.</summary>
    private static int EndOf(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return -1;
        }

        var start = head + 4;
        if (answer[..head].IndexOf("Transfer-Encoding: chunked"u8) >= 0)
        {
            return answer[start..].EndsWith("0\r\n\r\n"u8) ? answer.Length : -1;
        }

        var name = answer[..head].IndexOf("Content-Length: "u8);
        var length = name >= 0 && Utf8Parser.TryParse(answer[(name + 16)..head], out int given, out _) ? given : 0;
        return answer.Length >= start + length ? start + length : -1;
    }
}
