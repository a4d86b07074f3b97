using System.Collections.ObjectModel;

namespace Sidecar.Components.Configuration;

/// <param name="Version">Empty where the store has none.</param>
internal sealed record ConfigurationItem(string Value, string Version = "")
{
    /// <summary>What subscribers get for a key that is gone.</summary>
    public static ConfigurationItem Deleted { get; } = new("");

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;
}

internal delegate Task ConfigurationHandler(IReadOnlyDictionary<string, ConfigurationItem> changed, CancellationToken cancellationToken);

internal interface IConfigurationStore : IComponent
{
    /// <summary>The items that exist; no keys: all there are. An item with an empty value does not exist, as with daprd.</summary>
    Task<IReadOnlyDictionary<string, ConfigurationItem>> GetAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);

    /// <summary>
    /// Calls the handler with what changes from now on, one call at a time; no keys: whatever changes. Changes that
    /// follow each other quickly may come as one, the last. None is lost while the store is away: it is found by
    /// comparing when the store is back. After the subscription is disposed no call begins; one under way goes on.
    /// </summary>
    Task<IDisposable> SubscribeAsync(IReadOnlyList<string> keys, ConfigurationHandler handler, CancellationToken cancellationToken);
}
