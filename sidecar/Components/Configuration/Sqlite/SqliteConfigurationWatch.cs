namespace Sidecar.Components.Configuration.Sqlite;

/// <summary>One subscription: asks for the number of the newest change, which costs a read from memory, and compares when it is another.</summary>
internal sealed partial class SqliteConfigurationWatch(
    SqliteConfigurationTable table, IReadOnlyList<string> keys, ConfigurationSubscriber subscriber, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    private long _seen;

    /// <summary>What is there now counts as known to the subscriber.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        // The number first: a change between the two reads is compared once more, and never passed over.
        _seen = await table.NewestAsync(cancellationToken);
        subscriber.Begin(await table.ReadAsync(keys, cancellationToken));
    }

    /// <summary>Runs until the token is cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(PollInterval, clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                await LookAsync(cancellationToken);
            }
            catch (ComponentException failure)
            {
                LogFailed(logger, failure);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var newest = await table.NewestAsync(cancellationToken);
        if (newest != _seen)
        {
            await subscriber.CompareAsync(await table.ReadAsync(keys, cancellationToken));
            _seen = newest;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Looking for changes of configuration failed; the next poll tries again")]
    private static partial void LogFailed(ILogger logger, Exception failure);
}
