namespace Sidecar.Workflows;

/// <summary>One kind of work, turns or activities: what waits, what workers have, and the limit on the latter.</summary>
internal sealed class WorkLane<T>(int limit)
    where T : Work
{
    private readonly LinkedList<T> _waiting = [];
    private readonly Dictionary<string, T> _byToken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, T> _byKey = new(StringComparer.Ordinal);

    public void Enqueue(T work) => _waiting.AddLast(work);

    /// <summary>The next work to hand over, or null when there is none or the limit is reached.</summary>
    public T? Take()
    {
        while (_byToken.Count < limit && _waiting.First is { } first)
        {
            _waiting.RemoveFirst();
            if (!first.Value.Withdrawn)
            {
                return first.Value;
            }
        }

        return null;
    }

    public void HandOver(T work, WorkerStream holder, string token)
    {
        work.Token = token;
        work.Holder = holder;
        _byToken.Add(token, work);
        _byKey[work.Key] = work;
    }

    /// <summary>Ends a hand-over by the worker's answer; null when the answer is stale or unknown.</summary>
    public T? Complete(string token, string key)
    {
        var work = token.Length > 0 ? _byToken.GetValueOrDefault(token) : _byKey.GetValueOrDefault(key);
        if (work is not null)
        {
            Release(work);
        }

        return work;
    }

    public void Withdraw(T work)
    {
        work.Withdrawn = true;
        Release(work);
    }

    /// <summary>Puts what the lost worker had back to the front, in the order it was handed over.</summary>
    public void TakeBack(WorkerStream lost)
    {
        var abandoned = _byToken.Values.Where(work => ReferenceEquals(work.Holder, lost)).ToList();
        abandoned.Reverse();
        foreach (var work in abandoned)
        {
            Release(work);
            _waiting.AddFirst(work);
        }
    }

    private void Release(T work)
    {
        if (_byToken.Remove(work.Token))
        {
            _byKey.Remove(work.Key);
        }

        work.Holder = null;
    }
}
