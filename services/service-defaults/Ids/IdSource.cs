using System.Globalization;

namespace DaprShop.ServiceDefaults.Ids;

/// <summary>Where fresh ids come from: the one place that wraps <see cref="Guid.NewGuid"/>. Prefer <see cref="DerivedIds"/>.</summary>
public class IdSource
{
    public virtual Guid NewGuid() => Guid.NewGuid();

    /// <summary>32 hexadecimal digits.</summary>
    public string NewId() => NewGuid().ToString("N");

    /// <summary>A number from 0 to below <paramref name="ceiling"/> made of an id's last digits, which are random: it serves to spread waits.</summary>
    public static int Jitter(string id, int ceiling)
    {
        ArgumentNullException.ThrowIfNull(id);
        return (int)(uint.Parse(id.AsSpan(id.Length - 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture) % (uint)ceiling);
    }
}
