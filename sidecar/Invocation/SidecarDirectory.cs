using System.Collections.Concurrent;

namespace Sidecar.Invocation;

/// <summary>
/// App id to app channel for the sidecars of this process: the launcher hosts one per app, so an invocation needs no
/// second network hop. Sidecars in other processes are found by "The sidecar is Dapr".
/// </summary>
internal sealed class SidecarDirectory
{
    private readonly ConcurrentDictionary<string, IAppChannel> _apps = new(StringComparer.Ordinal);

    public void Register(string appId, IAppChannel channel) => _apps[appId] = channel;

    public void Unregister(string appId) => _apps.TryRemove(appId, out _);

    public IAppChannel? Find(string appId) => _apps.GetValueOrDefault(appId);
}
