namespace Sidecar.Components.Configuration.Redis;

/// <summary>
/// Keys the server told of and nobody looked at yet: each once, however often it was written, so that a slow subscriber
/// costs no memory and still gets the last value.
/// </summary>
internal sealed class ChangedKeys(TimeProvider clock)
{
    private const int MostKeys = 10_000;

    private readonly System.Threading.Lock _gate = new();
    private HashSet<string> _keys = new(StringComparer.Ordinal);
    private TaskCompletionSource _touched = NewSignal();
    private bool _tooMany;

    public void Add(string key)
    {
        lock (_gate)
        {
            if (_keys.Count < MostKeys)
            {
                _keys.Add(key);
            }
            else
            {
                _tooMany = true;
            }

            _touched.TrySetResult();
        }
    }

    /// <summary>Ends the wait although no key changed.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _touched.TrySetResult();
        }
    }

    /// <summary>Returns when there is a key or somebody wakes it, at the latest after the given time.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        Task touched;
        lock (_gate)
        {
            touched = _touched.Task;
        }

        await touched.WaitAsync(atMost, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Null: more than can be listed, so everything has to be looked at.</summary>
    public IReadOnlyCollection<string>? Take()
    {
        lock (_gate)
        {
            var taken = _tooMany ? null : _keys;
            _keys = new HashSet<string>(StringComparer.Ordinal);
            _touched = NewSignal();
            _tooMany = false;
            return taken;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
