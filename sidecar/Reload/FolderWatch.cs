using System.Threading.Channels;
using Sidecar.Components;

namespace Sidecar.Reload;

/// <summary>
/// Tells one sidecar when a YAML file of its folders may have changed. It is a hint only: where the system cannot watch,
/// the rescan finds the change.
/// </summary>
internal sealed partial class FolderWatch : IDisposable
{
    private readonly List<WatchedFolder> _folders = [];
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public FolderWatch(IEnumerable<string> folders, SharedClients shared, ILogger logger)
    {
        foreach (var folder in folders.Distinct(StringComparer.Ordinal))
        {
            var watched = shared.GetOrAdd(folder, () => new WatchedFolder(folder));
            _folders.Add(watched);
            if (watched.Add(Tell) is { } problem)
            {
                LogNotWatched(logger, folder, problem);
            }
        }
    }

    /// <summary>Changes since they were last read here, as one.</summary>
    public ChannelReader<bool> Changes => _changes.Reader;

    public void Dispose() => _folders.ForEach(folder => folder.Remove(Tell));

    private void Tell() => _changes.Writer.TryWrite(true);

    [LoggerMessage(LogLevel.Warning, "{Folder} cannot be watched, so that changes are found by the rescan only: {Problem}")]
    private static partial void LogNotWatched(ILogger logger, string folder, string problem);
}
