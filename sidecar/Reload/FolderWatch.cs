using System.Threading.Channels;

namespace Sidecar.Reload;

/// <summary>
/// Tells when a YAML file of some folders may have changed. It is a hint only: where the system cannot watch, the
/// rescan finds the change.
/// </summary>
internal sealed partial class FolderWatch : IDisposable
{
    private readonly ILogger _logger;
    private readonly List<FileSystemWatcher> _watchers = [];
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public FolderWatch(IEnumerable<string> folders, ILogger logger)
    {
        _logger = logger;
        foreach (var folder in folders.Distinct(StringComparer.Ordinal))
        {
            Watch(folder);
        }
    }

    /// <summary>Changes since they were last read here, as one.</summary>
    public ChannelReader<bool> Changes => _changes.Reader;

    public void Dispose() => _watchers.ForEach(watcher => watcher.Dispose());

    private void Watch(string folder)
    {
        try
        {
            var watcher = new FileSystemWatcher(folder);
            _watchers.Add(watcher);
            watcher.Created += (_, change) => Tell(change.Name);
            watcher.Changed += (_, change) => Tell(change.Name);
            watcher.Deleted += (_, change) => Tell(change.Name);
            watcher.Renamed += (_, change) =>
            {
                Tell(change.OldName);
                Tell(change.Name);
            };
            watcher.Error += (_, _) => _changes.Writer.TryWrite(true);
            watcher.EnableRaisingEvents = true;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // The system has only so many watches; a folder may be gone again.
            LogNotWatched(_logger, folder, exception.Message);
        }
    }

    private void Tell(string? file)
    {
        if (Path.GetExtension(file) is ".yaml" or ".yml")
        {
            _changes.Writer.TryWrite(true);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Folder} cannot be watched, so that changes are found by the rescan only: {Problem}")]
    private static partial void LogNotWatched(ILogger logger, string folder, string problem);
}
