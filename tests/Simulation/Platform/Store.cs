using System.Globalization;
using DaprShop.Tests.Simulation.Bugs;
using DaprShop.Tests.Simulation.Engine;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>The state store: values with ETags, and no listing. It survives every process.</summary>
internal sealed class Store(World world, PlantedBug bug)
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Told of every key that a write or a swap reached, whatever became of it.</summary>
    public Action<string> Reached { get; set; } = _ => { };

    /// <summary>For the checker alone: no service can list.</summary>
    public IEnumerable<KeyValuePair<string, byte[]>> Everything =>
        _entries.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Value));

    /// <returns>Null and an empty ETag: there is none.</returns>
    public (byte[]? Value, string Etag) Read(string key) =>
        _entries.TryGetValue(key, out var entry) ? (entry.Value, entry.Version.ToString(CultureInfo.InvariantCulture)) : (null, "");

    public void Write(string key, byte[] value)
    {
        world.Note("write", key);
        Reached(key);
        if (bug.OnWrite(world, key, value) is { } written)
        {
            Put(key, written);
        }
    }

    /// <param name="etag">Empty: only when there is none yet.</param>
    public bool TryWrite(string key, byte[] value, string etag)
    {
        if (Read(key).Etag != etag && !bug.IgnoresEtag(key))
        {
            world.Note("conflict", key);
            return false;
        }

        world.Note("swap", key);
        Reached(key);
        if (bug.OnSwap(world, key, value) is { } written)
        {
            Put(key, written);
        }

        return true;
    }

    private void Put(string key, byte[] value)
    {
        var version = _entries.TryGetValue(key, out var entry) ? entry.Version + 1 : 1;
        _entries[key] = new Entry(value, version);
    }

    private readonly record struct Entry(byte[] Value, long Version);
}
