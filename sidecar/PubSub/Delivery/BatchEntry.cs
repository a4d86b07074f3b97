using Sidecar.Components.PubSub;

namespace Sidecar.PubSub.Delivery;

/// <summary>A message that waits in a batch for its answer.</summary>
/// <param name="Id">Tells the entries of one batch apart; the event's own id may come twice.</param>
/// <param name="Body">The event as the app gets it when it comes by itself.</param>
internal sealed record BatchEntry(string Id, IncomingMessage Message, ReadOnlyMemory<byte> Body, string Path)
{
    private readonly TaskCompletionSource<(AppAnswer Answer, Exception? Failure)> _answer =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<(AppAnswer Answer, Exception? Failure)> Answer => _answer.Task;

    public bool IsOpen => !_answer.Task.IsCompleted;

    public void Settle(AppAnswer answer, Exception? failure = null) => _answer.TrySetResult((answer, failure));

    /// <summary>It is not sent, or not again: it stays with the broker.</summary>
    public void Leave() => _answer.TrySetCanceled();
}
