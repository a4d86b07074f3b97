using System.Collections.Concurrent;

namespace Sidecar.Host;

/// <summary>The free texts of GET and PUT /v1.0/metadata (dapr-contract.md 1.8).</summary>
internal sealed class ExtendedMetadata
{
    private readonly ConcurrentDictionary<string, string> _values = new(StringComparer.Ordinal);

    public ExtendedMetadata() => Set("daprRuntimeVersion", RuntimeVersion.Dapr);

    public IEnumerable<KeyValuePair<string, string>> All => _values.OrderBy(pair => pair.Key, StringComparer.Ordinal);

    public void Set(string key, string value) => _values[key] = value;
}
