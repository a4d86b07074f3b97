namespace Sidecar.Scheduling;

/// <summary>
/// When which key is due: one entry per key (a workflow instance's earliest timer, a reminder) and one real timer for
/// all of them, so that a thousand sagas waiting for a deadline cost a thousand entries and nothing else. What is due
/// stands elsewhere; this only knows when to look.
/// </summary>
internal sealed class TimerQueue : IDisposable
{
    // Timers stand still while the machine sleeps and do not see its clock being put forward: a deadline is late by no more.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly SortedSet<(DateTimeOffset Due, string Key)> _order = [];
    private readonly Dictionary<string, DateTimeOffset> _entries = new(StringComparer.Ordinal);
    private readonly TimeProvider _clock;
    private readonly Action<string> _wake;
    private readonly ITimer _timer;
    private DateTimeOffset _armed = DateTimeOffset.MaxValue;

    /// <param name="wake">Called for every due key, outside the queue's lock.</param>
    public TimerQueue(TimeProvider clock, Action<string> wake)
    {
        _clock = clock;
        _wake = wake;
        _timer = clock.CreateTimer(_ => Fire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Replaces the key's entry; null removes it.</summary>
    public void Set(string key, DateTimeOffset? due)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var old))
            {
                if (old == due)
                {
                    return;
                }

                _entries.Remove(key);
                _order.Remove((old, key));
            }

            if (due is { } at)
            {
                _entries.Add(key, at);
                _order.Add((at, key));
                if (at < _armed)
                {
                    Arm();
                }
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Fire()
    {
        List<string> due = [];
        lock (_gate)
        {
            var now = _clock.GetUtcNow();
            while (_order.Count > 0 && _order.Min.Due <= now)
            {
                var first = _order.Min;
                _order.Remove(first);
                _entries.Remove(first.Key);
                due.Add(first.Key);
            }

            Arm();
        }

        due.ForEach(_wake);
    }

    private void Arm()
    {
        if (_order.Count == 0)
        {
            _armed = DateTimeOffset.MaxValue;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        _armed = _order.Min.Due;
        var wait = _armed - _clock.GetUtcNow();

        // A real timer counts whole milliseconds: rounded down it would fire early and find nothing due.
        wait = wait <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(Math.Min(wait.TotalMilliseconds, LongestWait.TotalMilliseconds)));
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
