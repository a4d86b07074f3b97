#nullable disable
namespace Dapr.Actors;

/// <summary>
/// A method called through a strongly typed proxy threw. The inner exception is an <see cref="ActorInvokeException"/> with the type
/// and the message of what was thrown.
/// </summary>
public class ActorMethodInvocationException : DaprApiException
{
    /// <summary>A failure without details.</summary>
    public ActorMethodInvocationException(string message, bool isTransient)
        : this(message, null, isTransient)
    {
    }

    /// <summary>A failure with what the host told about it.</summary>
    public ActorMethodInvocationException(string message, Exception innerException, bool isTransient)
        : base(message, innerException, errorCode: null, isTransient)
    {
    }
}
