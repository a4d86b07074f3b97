using DaprShop.Order.Orders;
using Microsoft.Extensions.Options;

namespace DaprShop.Order.Streaming;

/// <summary>
/// The orders that somebody watches here, each once however many watch it. Bounded: who comes when all places are taken is turned away.
/// </summary>
internal sealed class OrderWatches(IOptions<OrderStreamOptions> options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Watched> _orders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _perUser = new(StringComparer.Ordinal);
    private int _streams;

    /// <summary>How many streams are open.</summary>
    public int Count => Volatile.Read(ref _streams);

    /// <summary>The ids of the orders that are watched now.</summary>
    public IReadOnlyList<string> OrderIds
    {
        get
        {
            lock (_gate)
            {
                return [.. _orders.Keys];
            }
        }
    }

    /// <returns>The watch, to be disposed of; null: there is no place left, for this caller or for anybody.</returns>
    public OrderWatch? TryWatch(string orderId, string userId)
    {
        lock (_gate)
        {
            var ofUser = _perUser.GetValueOrDefault(userId);
            if (_streams >= options.Value.MaxStreams || ofUser >= options.Value.MaxStreamsPerUser)
            {
                return null;
            }

            if (!_orders.TryGetValue(orderId, out var watched))
            {
                _orders.Add(orderId, watched = new Watched(new OrderSignal()));
            }

            watched.Watchers++;
            _perUser[userId] = ofUser + 1;
            _streams++;
            return new OrderWatch(watched.Signal, () => End(orderId, userId));
        }
    }

    /// <summary>Tells those who watch the order, if anybody does. States come from several sources and in any order; the highest version counts.</summary>
    public void Offer(OrderState state)
    {
        // Nearly no order is watched, and every step of every saga asks.
        if (Count == 0)
        {
            return;
        }

        OrderSignal? signal;
        lock (_gate)
        {
            signal = _orders.GetValueOrDefault(state.OrderId)?.Signal;
        }

        signal?.Offer(state);
    }

    private void End(string orderId, string userId)
    {
        lock (_gate)
        {
            _streams--;
            if (--_orders[orderId].Watchers == 0)
            {
                _orders.Remove(orderId);
            }

            if (--_perUser[userId] == 0)
            {
                _perUser.Remove(userId);
            }
        }
    }

    private sealed class Watched(OrderSignal signal)
    {
        public OrderSignal Signal { get; } = signal;

        public int Watchers { get; set; }
    }
}

/// <summary>One listener's place.</summary>
internal sealed class OrderWatch(OrderSignal signal, Action end) : IDisposable
{
    private Action? _end = end;

    public OrderSignal Signal => signal;

    public void Dispose() => Interlocked.Exchange(ref _end, null)?.Invoke();
}
