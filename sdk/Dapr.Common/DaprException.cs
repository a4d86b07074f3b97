namespace Dapr;

/// <summary>A call to the sidecar failed; the inner exception, when there is one, is the cause.</summary>
public class DaprException : Exception
{
    /// <summary>A failure without a deeper cause.</summary>
    public DaprException(string message)
        : base(message)
    {
    }

    /// <summary>A failure with its cause.</summary>
    public DaprException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
