using System.Globalization;
using System.Text;

namespace DaprShop.Inventory.Stock;

/// <summary>One bucket of a pool of units. A pool is the stock of a SKU or of a sale.</summary>
internal readonly record struct BucketId(string Pool, int Number)
{
    /// <summary>A user's bucket, always the same: so a limit per user lives in one document.</summary>
    public static BucketId OfUser(string pool, string userId, int buckets) => new(pool, (int)(Fnv1a(userId) % (uint)buckets));

    public static BucketId Parse(string text)
    {
        var slash = text.LastIndexOf('/');
        return new BucketId(text[..slash], int.Parse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Pool}/{Number}");

    // FNV-1a, 32 bits: every replica and every version must choose the same bucket, which string.GetHashCode does not.
    private static uint Fnv1a(string text)
    {
        var hash = 2166136261u;
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ octet) * 16777619;
        }

        return hash;
    }
}
