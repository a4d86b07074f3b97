namespace Sidecar.Components.PubSub.RabbitMq;

/// <summary>Counts the messages that handlers are working on, and tells when none is left.</summary>
internal sealed class InHand
{
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One for the subscription itself, given back when it ends.
    private int _count = 1;

    public void Add() => Interlocked.Increment(ref _count);

    public void Remove()
    {
        if (Interlocked.Decrement(ref _count) == 0)
        {
            _empty.TrySetResult();
        }
    }

    /// <summary>Asked once, after the last Add.</summary>
    public Task EmptyAsync()
    {
        Remove();
        return _empty.Task;
    }
}
