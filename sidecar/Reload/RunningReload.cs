using Sidecar.Components;
using Sidecar.Host;

namespace Sidecar.Reload;

/// <summary>Hot reload while its sidecar runs.</summary>
internal sealed class RunningReload : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly FolderWatch _watch;
    private readonly Task _loop;

    public RunningReload(HotReload reload, SidecarOptions options, SharedClients shared, TimeProvider clock, ILogger<FolderWatch> logger)
    {
        var folders = options.ResourcesPaths.Concat(options.ConfigFiles.Select(file => Path.GetDirectoryName(Path.GetFullPath(file))!));
        _watch = new FolderWatch(folders, shared, logger);
        var loop = new ReloadLoop(_watch.Changes, options.ReloadInterval, clock, reload.LookAsync);
        _loop = Task.Run(() => loop.RunAsync(_stopping.Token), CancellationToken.None);
    }

    /// <summary>Nothing changes any more; what is being changed is left as it is.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _watch.Dispose();
        _stopping.Dispose();
    }
}
