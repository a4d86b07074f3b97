using System.Collections.Concurrent;

namespace DaprShop.Order.Saga;

/// <summary>
/// Payments whose end the saga learns, or has learnt, from the charge it asked this replica for: it does not wait, so their events have nobody
/// to wake. That is how most payments end. What is forgotten here, or was asked for by another replica, is woken in vain.
/// </summary>
internal sealed class AttendedPayments
{
    /// <summary>How many are kept at the least; twice as many at the most.</summary>
    private const int Kept = 4096;

    private ConcurrentDictionary<string, bool> _newer = new(StringComparer.Ordinal);
    private ConcurrentDictionary<string, bool> _older = new(StringComparer.Ordinal);

    public void Add(string orderId)
    {
        // Two writers at once may turn the generations twice: then some sagas are woken in vain.
        if (_newer.Count >= Kept)
        {
            (_older, _newer) = (_newer, new(StringComparer.Ordinal));
        }

        _newer[orderId] = true;
    }

    /// <summary>The charge did not end the payment: the saga is about to wait for it.</summary>
    public void Remove(string orderId)
    {
        _newer.TryRemove(orderId, out _);
        _older.TryRemove(orderId, out _);
    }

    public bool Contains(string orderId) => _newer.ContainsKey(orderId) || _older.ContainsKey(orderId);
}
