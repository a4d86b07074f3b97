namespace Dapr.Workflow.Worker;

/// <summary>
/// Runs a turn and notices one that blocks its thread: <c>.Result</c> on a workflow task waits for ever, since the outcome
/// can only be fed by the thread that waits. Such a thread sits in a wait each time it is looked at; one that computes, or
/// is just slow, does not.
/// </summary>
internal sealed class TurnWatchdog(TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How long a thread sits in one wait until its turn is given up.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>The turn's outcome, or the other one when the turn blocks. A blocked thread is lost until the process ends.</summary>
    public async Task<T> RunAsync<T>(Func<T> turn, Func<T> blocked)
    {
        Thread? thread = null;
        var running = Task.Run(() =>
        {
            Volatile.Write(ref thread, Thread.CurrentThread);
            return turn();
        });

        var waiting = TimeSpan.Zero;
        while (!running.IsCompleted)
        {
            await Task.WhenAny(running, Task.Delay(Interval, clock));
            var inWait = Volatile.Read(ref thread) is { } owner && owner.ThreadState.HasFlag(ThreadState.WaitSleepJoin);
            waiting = inWait ? waiting + Interval : TimeSpan.Zero;
            if (!running.IsCompleted && waiting >= Limit)
            {
                return blocked();
            }
        }

        return await running;
    }
}
