namespace Dapr.Workflow.Replay;

/// <summary>Repeats a failed task as its policy says. The waits are the workflow's own timers; no policy goes over the wire.</summary>
internal static class DurableRetry
{
    public static async Task<string?> RunAsync(
        WorkflowRetryPolicy? policy, Func<DateTime> now, Func<Task<string?>> attempt, Func<TimeSpan, Task> wait)
    {
        if (policy is null)
        {
            return await attempt();
        }

        var firstAttempt = now();
        for (var failed = 1; ; failed++)
        {
            TimeSpan pause;
            try
            {
                return await attempt();
            }
            catch (WorkflowTaskFailedException) when (MayRepeat(policy, failed, now() - firstAttempt))
            {
                pause = Pause(policy, failed);
            }

            await wait(pause);
        }
    }

    private static bool MayRepeat(WorkflowRetryPolicy policy, int failed, TimeSpan elapsed) =>
        failed < policy.MaxNumberOfAttempts
        && (policy.RetryTimeout == Timeout.InfiniteTimeSpan || elapsed < policy.RetryTimeout);

    private static TimeSpan Pause(WorkflowRetryPolicy policy, int failed)
    {
        var longest = policy.MaxRetryInterval ?? TimeSpan.MaxValue;
        var ticks = policy.FirstRetryInterval.Ticks * Math.Pow(policy.BackoffCoefficient, failed - 1);
        return ticks >= longest.Ticks ? longest : TimeSpan.FromTicks((long)ticks);
    }
}
