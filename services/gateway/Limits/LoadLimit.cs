namespace DaprShop.Gateway.Limits;

/// <summary>How many requests are on their way through this gateway. Nobody queues: who comes when it is full is told to come back.</summary>
internal sealed class LoadLimit(LiveSettings settings)
{
    private int _inFlight;

    /// <returns>True: <see cref="Leave"/> must follow.</returns>
    public bool TryEnter()
    {
        for (var seen = Volatile.Read(ref _inFlight); seen < settings.Edge.ConcurrentRequests;)
        {
            var before = Interlocked.CompareExchange(ref _inFlight, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _inFlight);
}
