namespace Sidecar.Components.Configuration;

/// <summary>
/// A subscription's handler and what it was last told, so that a change shows by comparing where no notification told
/// of it. Its driver calls it from one loop; only <see cref="Close"/> comes from elsewhere.
/// </summary>
internal sealed partial class ConfigurationSubscriber(ConfigurationHandler handler, ILogger logger, CancellationToken abort)
{
    private readonly System.Threading.Lock _gate = new();
    private Dictionary<string, ConfigurationItem> _told = new(StringComparer.Ordinal);
    private bool _isClosed;

    /// <summary>What the subscriber can have read before it subscribed: no change yet.</summary>
    public void Begin(IReadOnlyDictionary<string, ConfigurationItem> current) =>
        _told = new Dictionary<string, ConfigurationItem>(current, StringComparer.Ordinal);

    /// <summary>Tells how all that is watched differs from what was told before.</summary>
    public Task CompareAsync(IReadOnlyDictionary<string, ConfigurationItem> current)
    {
        var changed = current.Where(item => _told.GetValueOrDefault(item.Key) != item.Value).ToDictionary(StringComparer.Ordinal);
        foreach (var key in _told.Keys.Where(key => !current.ContainsKey(key)))
        {
            changed.Add(key, ConfigurationItem.Deleted);
        }

        return TellAsync(changed);
    }

    /// <summary>Tells of keys that were written or deleted, also of those that have the same value again.</summary>
    /// <param name="current">The items among the keys that exist.</param>
    public Task WrittenAsync(IEnumerable<string> keys, IReadOnlyDictionary<string, ConfigurationItem> current)
    {
        var changed = new Dictionary<string, ConfigurationItem>(current, StringComparer.Ordinal);
        foreach (var key in keys.Where(key => !current.ContainsKey(key) && _told.ContainsKey(key)))
        {
            changed.Add(key, ConfigurationItem.Deleted);
        }

        return TellAsync(changed);
    }

    /// <summary>No call begins any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    private async Task TellAsync(Dictionary<string, ConfigurationItem> changed)
    {
        foreach (var (key, item) in changed)
        {
            if (item == ConfigurationItem.Deleted)
            {
                _told.Remove(key);
            }
            else
            {
                _told[key] = item;
            }
        }

        try
        {
            await Call(changed);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            LogCutShort(logger, changed.Count);
        }
#pragma warning disable CA1031 // The handler is the whole way to the app: whatever goes wrong there must not end the subscription.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogHandlerFailed(logger, changed.Count, failure);
        }
    }

    // Under the gate: a call must not begin in the moment after Close returned.
    private Task Call(Dictionary<string, ConfigurationItem> changed)
    {
        lock (_gate)
        {
            return _isClosed || changed.Count == 0 ? Task.CompletedTask : handler(changed, abort);
        }
    }

    [LoggerMessage(LogLevel.Error, "The handler failed on a change of {Count} configuration items; it is not told of them again")]
    private static partial void LogHandlerFailed(ILogger logger, int count, Exception failure);

    [LoggerMessage(LogLevel.Debug, "The store closes while its subscriber takes a change of {Count} items")]
    private static partial void LogCutShort(ILogger logger, int count);
}
