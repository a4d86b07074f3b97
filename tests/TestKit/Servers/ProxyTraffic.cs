namespace DaprShop.TestKit.Servers;

/// <summary>What holds for all bytes of a proxy, and how many there were.</summary>
public sealed class ProxyTraffic
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _released = Completed();
    private long _toServer;
    private long _toClient;
    private long _delayTicks;
    private bool _answersLost;

    /// <summary>Bytes that went on to the server, of all connections.</summary>
    public long BytesToServer => Interlocked.Read(ref _toServer);

    public long BytesToClient => Interlocked.Read(ref _toClient);

    internal TimeSpan Delay
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _delayTicks));
        set => Interlocked.Exchange(ref _delayTicks, value.Ticks);
    }

    internal bool AnswersLost
    {
        get => Volatile.Read(ref _answersLost);
        set => Volatile.Write(ref _answersLost, value);
    }

    internal bool Held
    {
        get
        {
            lock (_gate)
            {
                return !_released.Task.IsCompleted;
            }
        }

        set
        {
            lock (_gate)
            {
                if (!value)
                {
                    _released.TrySetResult();
                }
                else if (_released.Task.IsCompleted)
                {
                    _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
    }

    internal Task ReleasedAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _released.Task.WaitAsync(cancellationToken);
        }
    }

    internal void Count(bool toServer, int bytes)
    {
        if (toServer)
        {
            Interlocked.Add(ref _toServer, bytes);
        }
        else
        {
            Interlocked.Add(ref _toClient, bytes);
        }
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
