using System.Text;

namespace DaprShop.Tests.Simulation.Engine;

/// <summary>The one source of what is left to chance: SplitMix64, the same numbers for the same seed on every machine.</summary>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A stream of its own, so that more draws here leave the others as they are.</summary>
    public static Chance Of(ulong seed, string name)
    {
        var hash = 14695981039346656037UL;
        foreach (var octet in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ octet) * 1099511628211UL;
        }

        return new Chance(new Chance(seed ^ hash).Next());
    }

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15UL;
        var value = _state;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }

    /// <summary>From 0 to below <paramref name="ceiling"/>.</summary>
    public int Below(int ceiling) => (int)(Next() % (uint)ceiling);

    /// <summary>Both ends included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    public TimeSpan Between(TimeSpan least, TimeSpan most) =>
        least + TimeSpan.FromTicks((long)(Next() % (ulong)Math.Max(1, (most - least).Ticks)));

    /// <summary>True in this share of cases.</summary>
    public bool In(double share) => share > 0 && (Next() >> 11) * (1.0 / (1UL << 53)) < share;

    public T Of<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    public Guid Guid()
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, Next());
        BitConverter.TryWriteBytes(bytes[8..], Next());
        return new Guid(bytes);
    }
}
