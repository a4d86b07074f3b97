using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DaprShop.Reliability.Evidence;

/// <summary>Commands and their replies over one connection, in RESP2: enough to read a database that others write, and to send its messages again.</summary>
internal sealed class RedisReader : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Socket _socket;
    private readonly BufferedStream _stream;

    private RedisReader(Socket socket)
    {
        _socket = socket;
        _stream = new BufferedStream(new NetworkStream(socket), 64 * 1024);
    }

    public static async Task<RedisReader> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)Patience.TotalMilliseconds,
            SendTimeout = (int)Patience.TotalMilliseconds,
        };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new RedisReader(socket);
    }

    /// <summary>Every key with this prefix, once; the database must be at rest.</summary>
    public IReadOnlyCollection<string> Keys(string prefix)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var cursor = "0";
        do
        {
            var reply = (object?[])Ask(["SCAN", cursor, "MATCH", $"{prefix}*", "COUNT", "1000"])!;
            cursor = (string)reply[0]!;
            keys.UnionWith(((object?[])reply[1]!).Cast<string>());
        }
        while (cursor != "0");

        return keys;
    }

    /// <summary>This field of every hash, in the order of the keys; null where there is none.</summary>
    public IReadOnlyList<string?> Fields(IReadOnlyList<string> keys, string field)
    {
        foreach (var key in keys)
        {
            Write(["HGET", key, field]);
        }

        _stream.Flush();
        return [.. keys.Select(_ => (string?)Read())];
    }

    /// <summary>Every entry of a stream, oldest first: its fields and values in turn.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Stream(string name) =>
        [.. ((object?[])Ask(["XRANGE", name, "-", "+"])!).Select(entry => (IReadOnlyList<string>)[.. ((object?[])((object?[])entry!)[1]!).Cast<string>()])];

    public void Append(string stream, IReadOnlyList<string> entry) => Ask(["XADD", stream, "*", .. entry]);

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private object? Ask(string[] command)
    {
        Write(command);
        _stream.Flush();
        return Read();
    }

    private void Write(string[] command)
    {
        Text(string.Create(CultureInfo.InvariantCulture, $"*{command.Length}\r\n"));
        foreach (var word in command)
        {
            Text(string.Create(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n"));
        }

        void Text(string text) => _stream.Write(Encoding.UTF8.GetBytes(text));
    }

    /// <returns>Text, an array, or null.</returns>
    private object? Read()
    {
        var head = Line();
        switch (head[0])
        {
            case '$':
                var length = Length(head);
                if (length < 0)
                {
                    return null;
                }

                var bytes = new byte[length + 2];
                _stream.ReadExactly(bytes);
                return Encoding.UTF8.GetString(bytes, 0, length);
            case '*':
                var items = new object?[Length(head)];
                for (var n = 0; n < items.Length; n++)
                {
                    items[n] = Read();
                }

                return items;
            case '-':
                throw new IOException($"redis: {head[1..]}");
            default:
                return head[1..];
        }
    }

    private static int Length(string head) => int.Parse(head.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private string Line()
    {
        var line = new StringBuilder();
        while (_stream.ReadByte() is var octet && octet != '\r')
        {
            line.Append(octet >= 0 ? (char)octet : throw new EndOfStreamException("redis closed the connection"));
        }

        _stream.ReadByte();
        return line.ToString();
    }
}
