namespace Dapr.Client;

/// <summary>The answer to an unlock.</summary>
/// <param name="status">What became of it.</param>
public class UnlockResponse(LockStatus status)
{
    /// <summary>What became of it. The lower-case name is the official one.</summary>
    public LockStatus status { get; set; } = status;
}
