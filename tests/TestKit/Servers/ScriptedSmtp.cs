using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DaprShop.TestKit.Servers;

/// <summary>A mail server that takes letters and remembers them, or refuses at the command a test names.</summary>
public sealed class ScriptedSmtp : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _commands = new();
    private readonly ConcurrentQueue<string> _letters = new();
    private readonly Task _serving;
    private int _refusals;

    public ScriptedSmtp()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The command that is answered 550; null: none is.</summary>
    public string? Refuses { get; set; }

    /// <summary>As sent, without the letters' bodies.</summary>
    public IReadOnlyList<string> Commands => [.. _commands];

    public IReadOnlyList<string> Letters => [.. _letters];

    /// <summary>How many commands were answered 550.</summary>
    public int Refusals => Volatile.Read(ref _refusals);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _serving;
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                await TalkAsync(client.GetStream());
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or IOException)
        {
            _listener.Stop();
        }
    }

    private async Task TalkAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await SayAsync(stream, "220 ready");
        while (await reader.ReadLineAsync(_stopping.Token) is { } line)
        {
            _commands.Enqueue(line);
            var verb = line.Split(' ')[0].ToUpperInvariant();
            if (verb == Refuses)
            {
                Interlocked.Increment(ref _refusals);
                await SayAsync(stream, "550 not here");
                continue;
            }

            switch (verb)
            {
                case "EHLO":
                    await SayAsync(stream, "250-test\r\n250 AUTH PLAIN");
                    break;
                case "AUTH":
                    await SayAsync(stream, "235 welcome");
                    break;
                case "DATA":
                    await SayAsync(stream, "354 go on");
                    _letters.Enqueue(await ReadLetterAsync(reader));
                    await SayAsync(stream, "250 taken");
                    break;
                case "QUIT":
                    await SayAsync(stream, "221 bye");
                    return;
                default:
                    await SayAsync(stream, "250 ok");
                    break;
            }
        }
    }

    private async Task<string> ReadLetterAsync(StreamReader reader)
    {
        var letter = new StringBuilder();
        while (await reader.ReadLineAsync(_stopping.Token) is { } line && line != ".")
        {
            letter.AppendLine(line);
        }

        return letter.ToString();
    }

    private static Task SayAsync(NetworkStream stream, string text) => stream.WriteAsync(Encoding.ASCII.GetBytes($"{text}\r\n")).AsTask();
}
