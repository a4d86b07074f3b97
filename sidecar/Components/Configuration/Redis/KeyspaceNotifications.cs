using Sidecar.Clients.Redis;

namespace Sidecar.Components.Configuration.Redis;

/// <summary>
/// The server's setting that makes it tell of writes. It is off by default and forgotten when the server restarts, so
/// it is looked at again and again. Only what is missing is added: others may need flags of their own.
/// </summary>
internal sealed partial class KeyspaceNotifications(RedisClient client, ILogger logger)
{
    private const string Setting = "notify-keyspace-events";

    // Keyspace channels; generic commands, strings, expiry, eviction: what daprd switches on.
    private const string Needed = "Kg$xe";
    private const string AllClasses = "g$lshztxed";

    private int _isRefused;
    private long _silences;

    /// <summary>
    /// A number that is another one when writes may have passed without a word since the last call: for every subscription,
    /// though only the first that looks finds the setting incomplete.
    /// </summary>
    public async Task<long> EnsureAsync(CancellationToken cancellationToken)
    {
        var setting = await client.SendAsync(RedisCommand.Of("CONFIG", "GET", Setting), cancellationToken);
        if (setting.IsError || setting.Items is not [_, var flags])
        {
            return Refused(setting.Text);
        }

        var expanded = flags.Text.Replace("A", AllClasses, StringComparison.Ordinal);
        string missing = new([.. Needed.Where(flag => !expanded.Contains(flag, StringComparison.Ordinal))]);
        if (missing.Length == 0)
        {
            return Interlocked.Read(ref _silences);
        }

        var changed = await client.SendAsync(RedisCommand.Of("CONFIG", "SET", Setting, flags.Text + missing), cancellationToken);
        if (changed.IsError)
        {
            return Refused(changed.Text);
        }

        LogSwitchedOn(logger, client.Options.Address, flags.Text, flags.Text + missing);
        return Interlocked.Increment(ref _silences);
    }

    private long Refused(string why)
    {
        if (Interlocked.Exchange(ref _isRefused, 1) == 0)
        {
            LogRefused(logger, client.Options.Address, Needed, why);
        }

        return Interlocked.Increment(ref _silences);
    }

    [LoggerMessage(LogLevel.Information, "Redis at {Address}: notify-keyspace-events was '{Before}' and is '{After}' now")]
    private static partial void LogSwitchedOn(ILogger logger, string address, string before, string after);

    [LoggerMessage(LogLevel.Warning,
        "Redis at {Address} does not let notify-keyspace-events be switched on ({Why}); set it to {Needed} in the server's own configuration. "
        + "Until then changes of configuration are found by comparing, some seconds late")]
    private static partial void LogRefused(ILogger logger, string address, string needed, string why);
}
