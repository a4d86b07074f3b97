using Sidecar.Clients.Redis;

namespace Sidecar.Components.PubSub.Redis;

/// <summary>
/// Reads new entries of one stream over a connection of its own, since it blocks on the server while there are none.
/// Connects again after a loss and makes the group anew when the server forgot it.
/// </summary>
internal sealed partial class RedisStreamReader(
    RedisClient client, RedisStream stream, RedisPubSubOptions options, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan UnblockPause = TimeSpan.FromMilliseconds(20);

    private readonly TimeSpan _block = options.Server.ReadTimeout;
    private readonly RedisCommand _read = stream.Read(options.QueueDepth, options.Server.ReadTimeout);
    private volatile OwnConnection? _own;

    public async Task RunAsync(Func<IReadOnlyList<StreamEntry>, Task> take, CancellationToken stopping)
    {
        var failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var entries = await ReadAsync(stopping);
                failures = 0;
                if (entries.Count > 0)
                {
                    await take(entries);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure) when (failure is ComponentException or RedisConnectionException)
            {
                if (!stopping.IsCancellationRequested)
                {
                    LogReadFailed(logger, stream.Topic, stream.Group, failure);
                    await Task.Delay(PauseAfter(failures++), clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }

        if (_own is { } own)
        {
            await own.Connection.DisposeAsync();
        }
    }

    /// <summary>
    /// Ends the wait on the server. Merely cutting the connection could lose sight of entries that the server was just
    /// handing over: they would be nobody's until the processing timeout has passed.
    /// </summary>
    public async Task UnblockAsync(Task running)
    {
        using var limit = new CancellationTokenSource(_block + TimeSpan.FromSeconds(1), clock);
        try
        {
            // Again and again: the wait may begin just after an attempt to end it.
            while (!running.IsCompleted)
            {
                if (_own is { Connection.IsOpen: true } own)
                {
                    await client.SendAsync(RedisCommand.Of("CLIENT", "UNBLOCK", own.ClientId), limit.Token);
                }

                var pause = Task.Delay(UnblockPause, clock, limit.Token);
                await Task.WhenAny(running, pause);
                limit.Token.ThrowIfCancellationRequested();
            }
        }
        catch (Exception failure) when (failure is ComponentException or OperationCanceledException)
        {
            LogCut(logger, stream.Topic, stream.Group, failure);
            if (_own is { } own)
            {
                await own.Connection.DisposeAsync();
            }
        }
    }

    private async Task<IReadOnlyList<StreamEntry>> ReadAsync(CancellationToken stopping)
    {
        var own = _own is { Connection.IsOpen: true } open ? open : await ConnectAsync(stopping);
        stopping.ThrowIfCancellationRequested();
        var reply = await own.Connection.SendAsync(_read, longerBy: _block);
        if (reply.IsErrorOf("NOGROUP") || reply.IsErrorOf("UNBLOCKED"))
        {
            // Emptied, or restarted without its data: what was in the stream is gone, what comes from now on is not.
            LogGroupLost(logger, stream.Topic, stream.Group, reply.Text);
            await stream.CreateGroupAsync(stopping);
            return [];
        }

        if (reply.IsError)
        {
            throw client.Failed($"topic {stream.Topic}: {reply.Text}");
        }

        return reply.Items is [{ Items: [_, var entries] }] ? StreamEntry.ReadAll(entries) : [];
    }

    private async Task<OwnConnection> ConnectAsync(CancellationToken stopping)
    {
        if (_own is { } broken)
        {
            await broken.Connection.DisposeAsync();
        }

        var connection = await client.OpenAsync(stopping);
        var id = await connection.SendAsync(RedisCommand.Of("CLIENT", "ID"));
        var own = new OwnConnection(connection, id.Integer);
        _own = own;
        return own;
    }

    private static TimeSpan PauseAfter(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures, 10));
        return pause < LongestPause ? pause : LongestPause;
    }

    private sealed record OwnConnection(RedisConnection Connection, long ClientId);

    [LoggerMessage(LogLevel.Warning, "Reading topic {Topic} for group {Group} failed; trying again")]
    private static partial void LogReadFailed(ILogger logger, string topic, string group, Exception failure);

    [LoggerMessage(LogLevel.Warning, "Redis lost group {Group} of topic {Topic} ({Reply}): it was emptied, or restarted without its data. The group is created again and gets what the topic holds now; what was published before is gone")]
    private static partial void LogGroupLost(ILogger logger, string topic, string group, string reply);

    [LoggerMessage(LogLevel.Debug, "The wait for topic {Topic} in group {Group} was cut; entries on their way come again after the processing timeout")]
    private static partial void LogCut(ILogger logger, string topic, string group, Exception cause);
}
