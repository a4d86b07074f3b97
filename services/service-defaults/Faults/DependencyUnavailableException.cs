namespace DaprShop.ServiceDefaults.Faults;

/// <summary>
/// What this service needs does not answer, or answered so that the outcome is unknown. The caller gets 503 with
/// Retry-After and repeats with the same key.
/// </summary>
public sealed class DependencyUnavailableException : Exception
{
    public DependencyUnavailableException()
    {
    }

    public DependencyUnavailableException(string message)
        : base(message)
    {
    }

    public DependencyUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
