using Dapr.Workflow.Protocol;

namespace Dapr.Workflow.Replay;

/// <summary>Events from outside, by name without regard to case: the oldest wait gets the oldest event.</summary>
internal sealed class ExternalEvents
{
    private readonly Dictionary<string, LinkedList<EventWait>> _waits = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<HistoryEvent> _unclaimed = [];

    public bool AnyWaiting => _waits.Values.Any(waits => waits.Count > 0);

    /// <summary>Events that nobody waited for, in order of arrival.</summary>
    public IReadOnlyList<HistoryEvent> Unclaimed => _unclaimed;

    public bool TryTake(string name, out string? payload)
    {
        var index = _unclaimed.FindIndex(candidate => string.Equals(candidate.EventRaised.Name, name, StringComparison.OrdinalIgnoreCase));
        if (index < 0)
        {
            payload = null;
            return false;
        }

        payload = _unclaimed[index].EventRaised.Input;
        _unclaimed.RemoveAt(index);
        return true;
    }

    public EventWait Wait(string name)
    {
        if (!_waits.TryGetValue(name, out var waits))
        {
            _waits.Add(name, waits = new LinkedList<EventWait>());
        }

        var wait = new EventWait(waits);
        waits.AddLast(wait);
        return wait;
    }

    public void Raise(HistoryEvent raised)
    {
        if (_waits.TryGetValue(raised.EventRaised.Name, out var waits) && waits.First is { Value: var oldest })
        {
            oldest.Receive(raised.EventRaised.Input);
        }
        else
        {
            Keep(raised);
        }
    }

    /// <summary>Takes an event past all waits, for code that has returned and left some open.</summary>
    public void Keep(HistoryEvent raised) => _unclaimed.Add(raised);
}

/// <summary>One wait for one event. It leaves the line before its task completes, since that runs the waiting code.</summary>
internal sealed class EventWait(LinkedList<EventWait> line)
{
    private readonly TaskCompletionSource<string?> _arrival = new();

    public Task<string?> Arrival => _arrival.Task;

    public void Receive(string? payload)
    {
        line.Remove(this);
        _arrival.TrySetResult(payload);
    }

    public void Cancel(CancellationToken cancellationToken = default)
    {
        line.Remove(this);
        _arrival.TrySetCanceled(cancellationToken);
    }
}
