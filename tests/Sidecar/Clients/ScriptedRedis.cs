using System.Net;
using System.Net.Sockets;
using System.Text;
using Sidecar.Clients.Redis;

namespace DaprShop.Tests.Clients;

/// <summary>
/// A server whose every answer a test decides: called with the number of the connection (from 1) and the words of the
/// command. Null: no answer. Null in place of a function: the connection is closed. PING is answered by itself.
/// </summary>
internal sealed class ScriptedRedis : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _serving = [];
    private readonly Func<int, string[], Answer> _answer;
    private int _connections;

    public ScriptedRedis(Func<int, string[], Answer> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving.Add(AcceptAsync());
    }

    /// <param name="Bytes">Sent as they are.</param>
    public readonly record struct Answer(string Bytes, bool ThenClose = false)
    {
        public static Answer None => new("");

        public static Answer Close => new("", ThenClose: true);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => Volatile.Read(ref _connections);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await Task.WhenAll(_serving);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stopping.Token);
                _serving.Add(ServeAsync(socket, Interlocked.Increment(ref _connections)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            _listener.Stop();
        }
    }

    private async Task ServeAsync(Socket socket, int number)
    {
        using var own = socket;
        var reader = new RespReader();
        var buffer = new byte[8192];
        var commands = new List<RespValue>();
        try
        {
            while (await socket.ReceiveAsync(buffer, _stopping.Token) is var count and > 0)
            {
                // Commands have the shape of replies: arrays of bulk strings.
                reader.Read(buffer.AsSpan(0, count), commands);
                foreach (var command in commands)
                {
                    string[] words = [.. command.Items.Select(item => item.Text)];
                    var answer = words is ["PING"] ? new Answer("+PONG\r\n") : _answer(number, words);
                    await socket.SendAsync(Encoding.UTF8.GetBytes(answer.Bytes), _stopping.Token);
                    if (answer.ThenClose)
                    {
                        return;
                    }
                }

                commands.Clear();
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            socket.Close();
        }
    }
}
