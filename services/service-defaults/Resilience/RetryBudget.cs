namespace DaprShop.ServiceDefaults.Resilience;

/// <summary>
/// How often work that a caller waits for may be repeated by itself. Each first try earns a tenth of a repeat, and a few are there from the start:
/// while everything is well, a fault here and there is repeated, and when everything fails, the load grows by a tenth and not by a multiple.
/// </summary>
public sealed class RetryBudget
{
    private const int Earned = 1;
    private const int Cost = 10;

    /// <summary>Repeats that may be saved up: enough for what one lost connection breaks.</summary>
    internal const int Most = 50;

    private int _balance = Most * Cost;

    /// <summary>A first try is about to be made.</summary>
    public void Earn() => Move(Earned);

    /// <returns>False: nothing is left, and the caller must be told that it failed.</returns>
    public bool TrySpend() => Move(-Cost);

    private bool Move(int by)
    {
        while (true)
        {
            var before = Volatile.Read(ref _balance);
            var after = Math.Min(before + by, Most * Cost);
            if (after < 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _balance, after, before) == before)
            {
                return true;
            }
        }
    }
}
