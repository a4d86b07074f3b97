namespace Sidecar.Clients.RabbitMq;

/// <summary>What was sent on one channel and not confirmed yet, by the number that the broker counts along.</summary>
internal sealed class Unconfirmed
{
    private readonly System.Threading.Lock _gate = new();
    private readonly Dictionary<ulong, PendingPublish> _pending = [];
    private ulong _last;
    private ulong _oldest = 1;

    public ulong Add(PendingPublish publish)
    {
        lock (_gate)
        {
            _pending.Add(++_last, publish);
            return _last;
        }
    }

    public PendingPublish? Find(ulong number)
    {
        lock (_gate)
        {
            return _pending.GetValueOrDefault(number);
        }
    }

    /// <param name="upTo">All numbers up to this one as well.</param>
    public IReadOnlyList<PendingPublish> Take(ulong number, bool upTo)
    {
        lock (_gate)
        {
            if (!upTo)
            {
                return _pending.Remove(number, out var one) ? [one] : [];
            }

            var taken = new List<PendingPublish>();
            // A number that was never given out must not make this loop long.
            for (var last = Math.Min(number, _last); _oldest <= last; _oldest++)
            {
                if (_pending.Remove(_oldest, out var publish))
                {
                    taken.Add(publish);
                }
            }

            return taken;
        }
    }

    public IReadOnlyList<PendingPublish> TakeAll() => Take(ulong.MaxValue, upTo: true);
}
