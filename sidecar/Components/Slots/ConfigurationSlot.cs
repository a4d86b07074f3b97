using Sidecar.Components.Configuration;

namespace Sidecar.Components.Slots;

/// <summary>A subscription belongs to what it was made with; its owner makes another when that is replaced.</summary>
internal sealed class ConfigurationSlot(string name, IConfigurationStore first) : ComponentSlot<IConfigurationStore>(name, first), IConfigurationStore
{
    public Task<IReadOnlyDictionary<string, ConfigurationItem>> GetAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        UseAsync(store => store.GetAsync(keys, cancellationToken));

    public Task<IDisposable> SubscribeAsync(IReadOnlyList<string> keys, ConfigurationHandler handler, CancellationToken cancellationToken) =>
        UseAsync(store => store.SubscribeAsync(keys, handler, cancellationToken));
}
