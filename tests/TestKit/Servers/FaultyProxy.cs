using System.Net;
using System.Net.Sockets;

namespace DaprShop.TestKit.Servers;

/// <summary>What happens to one byte of a connection, counted from its first in that direction.</summary>
/// <param name="Mask">Which of its bits change; 0: everything from this byte on is missing and the connection ends.</param>
public sealed record Damage(long At, byte Mask)
{
    public static Damage Truncate(long at) => new(at, 0);

    public static Damage Corrupt(long at, byte mask = 0xFF) => mask != 0 ? new Damage(at, mask) : throw new ArgumentOutOfRangeException(nameof(mask));
}

/// <summary>
/// A network between a client and a server on loopback that misbehaves on demand. Faults by byte depend on the bytes alone, however
/// they were cut into packets, so a test fails the same way every time.
/// </summary>
public sealed class FaultyProxy : IAsyncDisposable
{
    private readonly int _target;
    private readonly bool _posesAsServer;
    private readonly Lock _gate = new();
    private readonly HashSet<ProxiedConnection> _connections = [];
    private readonly List<Task> _running = [];
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private int _accepted;

    private FaultyProxy(int target, bool posesAsServer)
    {
        (_target, _posesAsServer) = (target, posesAsServer);
        _listener = Listen(0);
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
    }

    public int Port { get; }

    /// <summary>Connections that clients have made so far; what is set from here on is for later ones.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Those that are open.</summary>
    public int Open
    {
        get
        {
            lock (_gate)
            {
                return _connections.Count;
            }
        }
    }

    public ProxyTraffic Traffic { get; } = new();

    /// <summary>Nobody listens: a new connection is refused. Open ones stay; <see cref="Cut"/> ends them.</summary>
    public bool Refuse
    {
        get
        {
            lock (_gate)
            {
                return _listener is null;
            }
        }

        set
        {
            lock (_gate)
            {
                if (value)
                {
                    _listener?.Dispose();
                    _listener = null;
                }
                else
                {
                    _listener ??= Listen(Port);
                }
            }
        }
    }

    /// <summary>How long every byte is on its way, in both directions.</summary>
    public TimeSpan Delay
    {
        get => Traffic.Delay;
        set => Traffic.Delay = value;
    }

    /// <summary>Nothing arrives and nothing breaks. What was sent meanwhile arrives afterwards, as after a partition.</summary>
    public bool Blackhole
    {
        get => Traffic.Held;
        set => Traffic.Held = value;
    }

    /// <summary>The server hears and does what it is asked; what it answers vanishes. A connection that has lost bytes is good for <see cref="Cut"/> only.</summary>
    public bool AnswersLost
    {
        get => Traffic.AnswersLost;
        set => Traffic.AnswersLost = value;
    }

    /// <summary>For connections that are made from now on.</summary>
    public Damage? ToServer { get; set; }

    /// <summary>For connections that are made from now on.</summary>
    public Damage? ToClient { get; set; }

    /// <summary>For the next connection alone, in place of <see cref="ToClient"/>; those after it are as that says.</summary>
    public Damage? NextToClient { get; set; }

    /// <param name="posesAsServer">
    /// Where the server tells a client its own address, as Kafka does, the client reads the proxy's, and does not go round it. As
    /// many bytes arrive as without.
    /// </param>
    public static FaultyProxy Start(int targetPort, bool posesAsServer = false) => new(targetPort, posesAsServer);

    /// <summary>Every open connection is reset, without a goodbye; what was on its way is lost.</summary>
    public void Cut()
    {
        ProxiedConnection[] open;
        lock (_gate)
        {
            open = [.. _connections];
        }

        foreach (var connection in open)
        {
            connection.Reset();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Refuse = true;
        await _accepting;
        Cut();
        Blackhole = false;
        Task[] running;
        lock (_gate)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running);
    }

    private TcpListener Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _accepting = Task.WhenAll(_accepting, AcceptAsync(listener));
        return listener;
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptSocketAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // Refusing from now on.
                return;
            }

            var rewrite = _posesAsServer ? new AddressRewrite(_target, Port) : null;
            var connection = new ProxiedConnection(client, Traffic, ToServer, NextToClient ?? ToClient, rewrite);
            NextToClient = null;
            Interlocked.Increment(ref _accepted);
            lock (_gate)
            {
                _connections.Add(connection);
                _running.RemoveAll(task => task.IsCompleted);
                _running.Add(RunAsync(connection));
            }
        }
    }

    private async Task RunAsync(ProxiedConnection connection)
    {
        await connection.RunAsync(_target);
        lock (_gate)
        {
            _connections.Remove(connection);
        }
    }
}
