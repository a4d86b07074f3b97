using System.Collections.Concurrent;
using System.Net.Sockets;
using RabbitMQ.Client;
using Sidecar.Components;
using Sidecar.Resiliency;

namespace Sidecar.Clients.RabbitMq;

/// <summary>
/// One connection to a broker for the whole process, opened when somebody needs it and again after a loss. The client
/// library's own recovery stays off: it would bring channels back with their confirms forgotten and their exchanges
/// declared from memory. Whoever used a channel opens the next one here and declares what it needs.
/// </summary>
internal sealed partial class RabbitMqConnection : IAsyncDisposable
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly RabbitMqConnectionOptions _options;
    private readonly string _purpose;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly System.Threading.Lock _gate = new();
    private readonly CancellationTokenSource _disposing = new();
    private readonly CancellationToken _disposed;
    private Task<IConnection>? _connecting;
    private volatile IConnection? _current;
    private volatile string? _blocked;
    private int _failures;

    private RabbitMqConnection(RabbitMqConnectionOptions options, string purpose, ComponentContext context)
    {
        (_options, _purpose, _clock) = (options, purpose, context.Clock);
        _logger = context.Loggers.CreateLogger("dapr.contrib");
        _disposed = _disposing.Token;
    }

    public string Address => _options.Address;

    /// <summary>Why the broker takes no messages at present (low on memory or disk); null: it takes them.</summary>
    public string? Blocked => _blocked;

    /// <summary>Publishing and consuming have a connection each: a blocked publisher must not hold up acknowledgements.</summary>
    public static RabbitMqConnection Share(RabbitMqConnectionOptions options, string purpose, ComponentContext context) =>
        context.Shared.GetOrAdd($"{options.Key}\n{purpose}", () => new RabbitMqConnection(options, purpose, context));

    /// <summary>One attempt, or the result of one that is under way. Throws <see cref="ComponentException"/>.</summary>
    public Task<IConnection> OpenAsync(CancellationToken cancellationToken) => Attempt().WaitAsync(cancellationToken);

    /// <summary>Attempts until the limit. Throws <see cref="ChannelLostException"/> with the last reason.</summary>
    public async Task<IConnection> OpenAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (_current is { IsOpen: true } open)
        {
            return open;
        }

        using var limited = new CancellationTokenSource(limit, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limited.Token, cancellationToken);
        var reason = $"rabbitmq: no connection to {Address} yet";
        while (true)
        {
            try
            {
                return await Attempt().WaitAsync(both.Token);
            }
            catch (ComponentException failure) when (!both.IsCancellationRequested)
            {
                // The next attempt pauses by itself.
                reason = failure.Message;
            }
            catch (ComponentException failure)
            {
                throw new ChannelLostException(failure.Message, inner: failure);
            }
            catch (OperationCanceledException) when (limited.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new ChannelLostException(reason);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _disposing.CancelAsync();
        Task<IConnection>? connecting;
        lock (_gate)
        {
            connecting = _connecting;
        }

        if (connecting is not null)
        {
            await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (_current is { } last)
        {
            _current = null;
            await CloseAsync(last, []);
        }

        _disposing.Dispose();
    }

    private Task<IConnection> Attempt()
    {
        lock (_gate)
        {
            if (_current is { IsOpen: true } open)
            {
                return Task.FromResult(open);
            }

            return _connecting ??= Task.Run(ConnectAsync);
        }
    }

    private async Task<IConnection> ConnectAsync()
    {
        var sockets = new ConcurrentBag<Socket>();
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(_disposed);
        try
        {
            await PauseAsync();
            limited.CancelAfter(ConnectLimit);
            var connection = await Factory(sockets).CreateConnectionAsync(limited.Token).WaitAsync(limited.Token);
            Watch(connection, sockets);
            await ProveAsync(connection, limited.Token);
            (_failures, _blocked, _current) = (0, null, connection);
            LogConnected(_logger, Address, _purpose);
            return connection;
        }
#pragma warning disable CA1031 // Whatever a broken peer sends surfaces here in the library's own exceptions; all mean "no connection".
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _failures++;
            foreach (var socket in sockets)
            {
                socket.Dispose();
            }

            throw ConnectFailure.Describe(failure, _options);
        }
        finally
        {
            lock (_gate)
            {
                _connecting = null;
            }
        }
    }

    // Many may be waiting for the broker; they share one attempt at a time, and that one's pause.
    private Task PauseAsync()
    {
        if (_failures == 0)
        {
            return Task.CompletedTask;
        }

        var pause = FirstPause * Math.Pow(2, Math.Min(_failures - 1, 10));
        return Task.Delay((pause < LongestPause ? pause : LongestPause) * (0.5 + (Jitter.Next() / 2)), _clock, _disposed);
    }

    // The library returns before the broker has accepted the virtual host; a channel is opened only after that.
    private static async Task ProveAsync(IConnection connection, CancellationToken cancellationToken)
    {
        var channel = await connection.CreateChannelAsync(null, cancellationToken).WaitAsync(cancellationToken);
        await channel.CloseAsync(cancellationToken).WaitAsync(cancellationToken);
    }

    private ConnectionFactory Factory(ConcurrentBag<Socket> sockets) => new()
    {
        HostName = _options.Host,
        Port = _options.Port,
        UserName = _options.User,
        Password = _options.Password,
        VirtualHost = _options.VirtualHost,
        Ssl = RabbitMqTls.For(_options),
        AuthMechanisms = _options.SaslExternal ? [new ExternalMechanismFactory()] : ConnectionFactory.DefaultAuthMechanisms,
        RequestedHeartbeat = _options.Heartbeat,
        ClientProvidedName = _options.ClientName ?? $"sidecar {_purpose}",
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
        RequestedConnectionTimeout = ConnectLimit,
        HandshakeContinuationTimeout = ConnectLimit,
        ContinuationTimeout = TimeSpan.FromSeconds(10),
        SocketFactory = family =>
        {
            var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            sockets.Add(socket);
            return new TcpClientAdapter(socket);
        },
    };

    private void Watch(IConnection connection, ConcurrentBag<Socket> sockets)
    {
        connection.ConnectionBlockedAsync += (_, blocked) =>
        {
            _blocked = blocked.Reason;
            LogBlocked(_logger, Address, blocked.Reason);
            return Task.CompletedTask;
        };
        connection.ConnectionUnblockedAsync += (_, _) =>
        {
            _blocked = null;
            LogUnblocked(_logger, Address);
            return Task.CompletedTask;
        };
        connection.ConnectionShutdownAsync += (_, reason) =>
        {
            if (!_disposed.IsCancellationRequested)
            {
                LogLost(_logger, Address, _purpose, reason.ReplyText);
            }

            // Not here: the library waits for this handler before it tells the channels.
            _ = Task.Run(() => CloseAsync(connection, sockets), CancellationToken.None);
            return Task.CompletedTask;
        };
    }

    /// <summary>
    /// The library may wait for ever for a peer that does not read; closing the socket under it ends that.
    /// </summary>
    private async Task CloseAsync(IConnection connection, ConcurrentBag<Socket> sockets)
    {
        try
        {
            await connection.DisposeAsync().AsTask().WaitAsync(CloseLimit, _clock);
        }
#pragma warning disable CA1031 // It is lost or being given up: how its end fails changes nothing.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogNotClosed(_logger, Address, failure.Message);
        }

        foreach (var socket in sockets)
        {
            socket.Dispose();
        }
    }

    [LoggerMessage(LogLevel.Information, "Connected to RabbitMQ at {Address} to {Purpose}")]
    private static partial void LogConnected(ILogger logger, string address, string purpose);

    [LoggerMessage(LogLevel.Warning, "The connection to RabbitMQ at {Address} to {Purpose} was lost: {Reason}")]
    private static partial void LogLost(ILogger logger, string address, string purpose, string reason);

    [LoggerMessage(LogLevel.Warning, "RabbitMQ at {Address} takes no messages for now: {Reason}")]
    private static partial void LogBlocked(ILogger logger, string address, string reason);

    [LoggerMessage(LogLevel.Information, "RabbitMQ at {Address} takes messages again")]
    private static partial void LogUnblocked(ILogger logger, string address);

    [LoggerMessage(LogLevel.Debug, "A connection to RabbitMQ at {Address} did not close in order: {Reason}")]
    private static partial void LogNotClosed(ILogger logger, string address, string reason);
}
