using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DaprShop.Provider.Charges;

namespace DaprShop.Provider.Faults;

/// <summary>
/// Which share of otherwise good charges goes wrong, by kind, for load runs. The draw is a hash of the idempotency key, not
/// chance: a repeated request meets the same fate, and so does a repeated run.
/// </summary>
internal sealed class FaultRates
{
    private volatile IReadOnlyDictionary<string, double> _rates = new Dictionary<string, double>();

    public IReadOnlyDictionary<string, double> Rates
    {
        get => _rates;
        set => _rates = value;
    }

    /// <summary>Leaves every source alone that asks for an outcome of its own.</summary>
    public Outcome Steer(Outcome asked, string idempotencyKey)
    {
        var rates = _rates;
        if (asked.Name != "ok" || rates.Count == 0)
        {
            return asked;
        }

        var draw = Draw(idempotencyKey);
        foreach (var (kind, rate) in rates.OrderBy(rate => rate.Key, StringComparer.Ordinal))
        {
            if (draw < rate)
            {
                return Outcome.ByName[kind];
            }

            draw -= rate;
        }

        return asked;
    }

    /// <returns>Evenly spread over [0, 1).</returns>
    private static double Draw(string key) =>
        BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(key))) / (uint.MaxValue + 1.0);
}
