using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Gateway.SoldOut;

/// <summary>What inventory said last.</summary>
/// <param name="Orders">That had units of the stock.</param>
/// <param name="AskedAt">Timestamp before the question, so that what is known is never older than it looks.</param>
internal sealed record SoldOutSnapshot(long Version, bool IsSoldOut, IdFilter Orders, long AskedAt);

/// <summary>A stock that the cache watches, of a SKU or of a sale.</summary>
internal sealed class SoldOutEntry(string pool, long now)
{
    private volatile SoldOutSnapshot? _snapshot;
    private long _usedAt = now;
    private int _isAsking;

    public string Pool => pool;

    public QuickProblem Refusal { get; } = new(Problems.SoldOutOf(pool));

    public SoldOutSnapshot? Snapshot
    {
        get => _snapshot;
        set => _snapshot = value;
    }

    public long UsedAt => Volatile.Read(ref _usedAt);

    public void Use(long now) => Volatile.Write(ref _usedAt, now);

    /// <returns>True: the caller asks, and nobody else until <see cref="EndAsking"/>.</returns>
    public bool TryBeginAsking() => Interlocked.CompareExchange(ref _isAsking, 1, 0) == 0;

    public void EndAsking() => Volatile.Write(ref _isAsking, 0);
}
