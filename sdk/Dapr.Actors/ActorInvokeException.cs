namespace Dapr.Actors;

/// <summary>What an actor's method threw, as told by the host that ran it.</summary>
public class ActorInvokeException : Exception
{
    /// <summary>A failure of which nothing is known.</summary>
    public ActorInvokeException()
    {
    }

    /// <summary>A failure by the full name of the exception's type and its message.</summary>
    public ActorInvokeException(string actualExceptionType, string message)
        : base(message) => ActualExceptionType = actualExceptionType;

    /// <summary>Full name of the type that was thrown; it need not exist on this side.</summary>
    public string ActualExceptionType { get; } = string.Empty;
}
