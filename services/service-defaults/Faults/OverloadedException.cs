namespace DaprShop.ServiceDefaults.Faults;

/// <summary>Too many wait for this already: nothing was done. The caller gets 429 with Retry-After and repeats with the same key.</summary>
public sealed class OverloadedException : Exception
{
    public OverloadedException()
    {
    }

    public OverloadedException(string message)
        : base(message)
    {
    }

    public OverloadedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
