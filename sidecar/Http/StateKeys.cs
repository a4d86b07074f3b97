using System.Collections.Concurrent;
using Sidecar.Components;

namespace Sidecar.Http;

/// <summary>From a client's key to the key in the store. Also keeps each store's prefix: it is asked for on every call.</summary>
/// <param name="appNamespace">Null unless NAMESPACE is set.</param>
internal sealed class StateKeys(string appId, string? appNamespace)
{
    private readonly ConcurrentDictionary<string, string> _prefixes = new(StringComparer.Ordinal);

    /// <summary>What stands before every key of this store, separator included.</summary>
    public string PrefixOf(ComponentSpec store) => _prefixes.GetOrAdd(
        store.Name,
        static (_, all) => KeyPrefix.Of(all.store, all.appId, all.appNamespace) is { } prefix ? prefix + KeyPrefix.Separator : "",
        (store, appId, appNamespace));

    /// <summary>Locks of a resource live under a name of their own, so that a shared database never mixes them with state.</summary>
    public string LockKey(ComponentSpec store, string resource) => KeyPrefix.Of(store, appId, appNamespace) is { } prefix
        ? $"lock{KeyPrefix.Separator}{prefix}{KeyPrefix.Separator}{resource}"
        : $"lock{KeyPrefix.Separator}{resource}";
}
