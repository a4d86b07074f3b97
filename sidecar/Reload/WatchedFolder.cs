namespace Sidecar.Reload;

/// <summary>The one watch of a folder for all sidecars of this process: the system gives each user only a few.</summary>
internal sealed class WatchedFolder : IAsyncDisposable
{
    private readonly FileSystemWatcher? _watcher;

    public WatchedFolder(string folder)
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(folder);
            watcher.Created += (_, change) => Tell(change.Name);
            watcher.Changed += (_, change) => Tell(change.Name);
            watcher.Deleted += (_, change) => Tell(change.Name);
            watcher.Renamed += (_, change) =>
            {
                Tell(change.OldName);
                Tell(change.Name);
            };
            watcher.Error += (_, _) => Changed?.Invoke();
            watcher.EnableRaisingEvents = true;
            _watcher = watcher;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // No watch is left, or the folder is gone again.
            watcher?.Dispose();
            Problem = exception.Message;
        }
    }

    /// <summary>A YAML file may have changed; may come from several threads.</summary>
    public event Action? Changed;

    /// <summary>Why nothing is told; null: changes are.</summary>
    public string? Problem { get; }

    public ValueTask DisposeAsync()
    {
        _watcher?.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Tell(string? file)
    {
        if (Path.GetExtension(file) is ".yaml" or ".yml")
        {
            Changed?.Invoke();
        }
    }
}
