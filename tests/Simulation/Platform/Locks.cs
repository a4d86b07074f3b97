using DaprShop.Tests.Simulation.Engine;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>The lock API: an owner and an end, and nothing more.</summary>
internal sealed class Locks(World world)
{
    private readonly Dictionary<string, (string Owner, long Until)> _held = new(StringComparer.Ordinal);

    public bool TryTake(string resource, string owner, TimeSpan length)
    {
        if (_held.TryGetValue(resource, out var held) && held.Until > world.Now && held.Owner != owner)
        {
            return false;
        }

        _held[resource] = (owner, world.Now + length.Ticks);
        return true;
    }

    public bool Release(string resource, string owner) =>
        _held.TryGetValue(resource, out var held) && held.Owner == owner && _held.Remove(resource);
}
