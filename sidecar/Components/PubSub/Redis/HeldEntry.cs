namespace Sidecar.Components.PubSub.Redis;

/// <summary>An entry between its arrival and its end: waits for a worker, is handled, or is left to others.</summary>
/// <param name="takenAt">Timestamp from which on the server counts it as idle, or a moment before.</param>
internal sealed class HeldEntry(StreamEntry entry, long takenAt)
{
    private const int Waiting = 0;
    private const int Begun = 1;
    private const int Left = 2;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;
    private long _takenAt = takenAt;

    public StreamEntry Entry => entry;

    public string Id => entry.Id;

    public bool IsWaiting => Volatile.Read(ref _state) == Waiting;

    /// <summary>Completes when it was handled or left.</summary>
    public Task Ended => _ended.Task;

    public long TakenAt
    {
        get => Volatile.Read(ref _takenAt);
        set => Volatile.Write(ref _takenAt, value);
    }

    /// <summary>False: it was left to others meanwhile.</summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref _state, Begun, Waiting) == Waiting;

    /// <summary>False: a worker has it.</summary>
    public bool TryLeave()
    {
        if (Interlocked.CompareExchange(ref _state, Left, Waiting) != Waiting)
        {
            return false;
        }

        _ended.TrySetResult();
        return true;
    }

    public void End() => _ended.TrySetResult();
}
