using Sidecar.Clients.Redis;

namespace Sidecar.Components.Configuration.Redis;

/// <summary>
/// One subscription: notifications say which keys to read again. They reach only who is connected, and some commands
/// send none (FLUSHDB, SWAPDB), so after each reconnect and from time to time all that is watched is compared with what
/// was told last.
/// </summary>
internal sealed partial class RedisConfigurationWatch(
    RedisClient client, KeyspaceNotifications notifications, IReadOnlyList<string> keys, ConfigurationSubscriber subscriber, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // Comparing a whole database goes through all its keys; some named ones cost a single read.
    private readonly TimeSpan _compareInterval = keys.Count == 0 ? TimeSpan.FromMinutes(1) : CheckInterval;
    private readonly RedisConfigurationValues _values = new(client);
    private readonly ChangedKeys _changed = new(clock);
    private KeyspaceFeed? _feed;
    private long _silences;

    /// <summary>Connects for the first time; what is there then counts as known to the subscriber.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken);
        try
        {
            subscriber.Begin(await ReadAsync(cancellationToken));
        }
        catch
        {
            await DisconnectAsync();
            throw;
        }
    }

    /// <summary>Runs until the token is cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        try
        {
            while (true)
            {
                try
                {
                    if (_feed is null)
                    {
                        await ConnectAsync(cancellationToken);
                        await CompareAsync(cancellationToken);
                        LogBack(logger, client.Options.Address);
                        pause = FirstPause;
                    }

                    await TakeChangesAsync(_feed!, cancellationToken);
                }
                catch (ComponentException failure)
                {
                    LogLost(logger, pause, failure);
                    await DisconnectAsync();
                    await Task.Delay(pause, clock, cancellationToken);
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }
            }
        }
        finally
        {
            await DisconnectAsync();
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        _silences = await notifications.EnsureAsync(cancellationToken);
        _feed = await KeyspaceFeed.OpenAsync(client, keys, _changed, cancellationToken);
    }

    private async Task DisconnectAsync()
    {
        if (_feed is { } feed)
        {
            _feed = null;
            await feed.DisposeAsync();
        }
    }

    /// <summary>Returns never but by <see cref="ComponentException"/> or cancellation.</summary>
    private async Task TakeChangesAsync(KeyspaceFeed feed, CancellationToken cancellationToken)
    {
        var (checkedAt, comparedAt) = (clock.GetTimestamp(), clock.GetTimestamp());
        while (true)
        {
            await _changed.WaitAsync(CheckInterval, cancellationToken);
            if (!feed.IsOpen)
            {
                throw client.Failed("the connection that tells of changes was lost");
            }

            await TellAsync(_changed.Take(), cancellationToken);
            if (clock.GetElapsedTime(checkedAt) >= CheckInterval)
            {
                checkedAt = clock.GetTimestamp();
                await feed.PingAsync(cancellationToken);
                var silences = await notifications.EnsureAsync(cancellationToken);
                if (silences != _silences || clock.GetElapsedTime(comparedAt) >= _compareInterval)
                {
                    _silences = silences;
                    comparedAt = clock.GetTimestamp();
                    await CompareAsync(cancellationToken);
                }
            }
        }
    }

    private async Task TellAsync(IReadOnlyCollection<string>? changed, CancellationToken cancellationToken)
    {
        if (changed is null)
        {
            await CompareAsync(cancellationToken);
        }
        else if (changed.Count > 0)
        {
            await subscriber.WrittenAsync(changed, await _values.ReadAsync(changed, cancellationToken));
        }
    }

    private async Task CompareAsync(CancellationToken cancellationToken) => await subscriber.CompareAsync(await ReadAsync(cancellationToken));

    private Task<IReadOnlyDictionary<string, ConfigurationItem>> ReadAsync(CancellationToken cancellationToken) =>
        keys.Count == 0 ? _values.ReadAllAsync(cancellationToken) : _values.ReadAsync(keys, cancellationToken);

    [LoggerMessage(LogLevel.Warning, "Changes of configuration cannot be followed at the moment; connecting again in {Pause}")]
    private static partial void LogLost(ILogger logger, TimeSpan pause, Exception failure);

    [LoggerMessage(LogLevel.Information, "Redis at {Address} tells of changes of configuration again; what changed meanwhile was delivered")]
    private static partial void LogBack(ILogger logger, string address);
}
