namespace Sidecar.Reload;

/// <summary>The one watch of a folder for all sidecars of this process: the system gives each user only a few.</summary>
internal sealed class WatchedFolder(string folder) : IAsyncDisposable
{
    private readonly System.Threading.Lock _gate = new();
    private FileSystemWatcher? _watcher;
    private volatile Action? _changed;

    /// <summary>A YAML file may have changed; told from several threads.</summary>
    /// <returns>Why nothing is told; null: changes are.</returns>
    public string? Add(Action changed)
    {
        lock (_gate)
        {
            _changed += changed;
            return _watcher is null ? Watch() : null;
        }
    }

    /// <summary>The watch ends with the last who wants it, and not later: of a folder that is gone by then it would never end.</summary>
    public void Remove(Action changed)
    {
        lock (_gate)
        {
            _changed -= changed;
            if (_changed is null)
            {
                End();
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            End();
        }

        return ValueTask.CompletedTask;
    }

    private string? Watch()
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
            watcher.Error += (_, _) => _changed?.Invoke();
            watcher.EnableRaisingEvents = true;
            _watcher = watcher;
            return null;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // No watch is left, or the folder is gone again.
            watcher?.Dispose();
            return exception.Message;
        }
    }

    private void End()
    {
        _watcher?.Dispose();
        _watcher = null;
    }

    private void Tell(string? file)
    {
        if (Path.GetExtension(file) is ".yaml" or ".yml")
        {
            _changed?.Invoke();
        }
    }
}
