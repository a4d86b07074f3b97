using Sidecar.Components;

namespace Sidecar.Clients.Redis;

/// <summary>
/// One server for all components of this process that name it alike. Connects at the first command and again after a
/// loss. A command whose connection broke is sent again, as daprd's client does, although the first one may have taken
/// effect: whoever writes must be ready to meet its own write.
/// </summary>
internal sealed class RedisClient(RedisOptions options, TimeProvider clock) : IAsyncDisposable
{
    // What a server answers while it cannot serve yet or any more; it may be able to in a moment.
    private static readonly string[] PassingErrors = ["LOADING", "READONLY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN"];

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closing = new();
    private Task<RedisConnection>? _dialing;
    private volatile RedisConnection? _open;

    public RedisOptions Options => options;

    /// <summary>The client that all components of the process share when their connection members are the same.</summary>
    public static RedisClient Shared(RedisOptions options, ComponentContext context) =>
        context.Shared.GetOrAdd($"{options}", () => new RedisClient(options, context.Clock));

    /// <summary>The reply; an error reply is a <see cref="ComponentException"/>.</summary>
    public async Task<RespValue> ExecuteAsync(RedisCommand command, CancellationToken cancellationToken)
    {
        var reply = await SendAsync(command, cancellationToken);
        return reply.IsError ? throw Failed(reply.Text) : reply;
    }

    /// <summary>The reply, errors included. Throws <see cref="ComponentException"/> when the server cannot be reached.</summary>
    public Task<RespValue> SendAsync(RedisCommand command, CancellationToken cancellationToken) => PersistAsync(
        (connection, _) => connection.SendAsync(command),
        static reply => Array.Exists(PassingErrors, reply.IsErrorOf),
        cancellationToken);

    /// <summary>As above for commands that go out together, with nobody else's between them.</summary>
    public Task<RespValue[]> SendAsync(IReadOnlyList<RedisCommand> commands, CancellationToken cancellationToken)
    {
        RedisCommand[] all = [.. commands];
        return PersistAsync((connection, _) => connection.SendAsync(all), static _ => false, cancellationToken);
    }

    /// <summary>A connection of the caller's own, for commands that block and for subscriptions. The caller disposes it.</summary>
    public Task<RedisConnection> OpenAsync(CancellationToken cancellationToken, Action<RespValue>? push = null) => PersistAsync(
        (_, token) => RedisDialer.OpenAsync(options, clock, token, push), static _ => false, cancellationToken);

    public ComponentException Failed(string why, Exception? cause = null) =>
        new(ComponentFault.Failed, $"redis at {options.Address}: {why}", cause);

    public async ValueTask DisposeAsync()
    {
        Task dialing;
        lock (_gate)
        {
            _closing.Cancel();
            dialing = _dialing ?? Task.CompletedTask;
        }

        await dialing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_open is { } open)
        {
            await open.DisposeAsync();
        }

        _closing.Dispose();
    }

    private async Task<T> PersistAsync<T>(
        Func<RedisConnection, CancellationToken, Task<T>> send, Func<T, bool> isPassing, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var connection = _open is { IsOpen: true } open ? open : await ConnectedAsync().WaitAsync(cancellationToken);
                var reply = await send(connection, cancellationToken).WaitAsync(cancellationToken);
                if (attempt == options.MaxRetries || !isPassing(reply))
                {
                    return reply;
                }
            }
            catch (RedisConnectionException failure) when (attempt == options.MaxRetries || _closing.IsCancellationRequested)
            {
                throw Failed($"{failure.Message} ({attempt + 1} attempts); is the server running, is spec.metadata.redisHost right?", failure);
            }
            catch (RedisConnectionException)
            {
                // The next round tries with a new connection.
            }
            catch (RedisRefusedException refusal)
            {
                throw Failed(refusal.Message, refusal);
            }

            await Task.Delay(PauseAfter(attempt), clock, cancellationToken);
        }
    }

    private TimeSpan PauseAfter(int attempt)
    {
        var pause = options.MinRetryInterval * Math.Pow(2, attempt);
        return pause < options.MaxRetryInterval ? pause : options.MaxRetryInterval;
    }

    /// <summary>All callers wait for the same attempt to connect.</summary>
    private Task<RedisConnection> ConnectedAsync()
    {
        lock (_gate)
        {
            if (_dialing is null or { IsCompleted: true })
            {
                _dialing = DialAsync();
            }

            return _dialing;
        }
    }

    private async Task<RedisConnection> DialAsync()
    {
        if (_open is { IsOpen: true } open)
        {
            return open;
        }

        try
        {
            var connection = await RedisDialer.OpenAsync(options, clock, _closing.Token);
            _open = connection;
            return connection;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException && _closing.IsCancellationRequested)
        {
            throw new RedisConnectionException("the client was closed", exception);
        }
    }
}
