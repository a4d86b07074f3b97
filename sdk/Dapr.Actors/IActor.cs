namespace Dapr.Actors;

/// <summary>
/// The root of actor interfaces. Their methods answer <see cref="Task"/> or <see cref="Task{TResult}"/>, are neither generic nor
/// overloaded, and may take a <see cref="CancellationToken"/> as their last parameter.
/// </summary>
#pragma warning disable CA1040 // A marker by design: it is what tells an actor interface from any other.
public interface IActor
#pragma warning restore CA1040
{
}
