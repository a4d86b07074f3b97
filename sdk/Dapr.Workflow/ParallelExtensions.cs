namespace Dapr.Workflow;

/// <summary>Fans work out from a workflow.</summary>
public static class ParallelExtensions
{
    /// <summary>Runs one task for each input, at most so many at a time, and answers the results in the inputs' order.</summary>
    /// <exception cref="AggregateException">Some tasks failed; all of them were waited for.</exception>
    public static async Task<TResult[]> ProcessInParallelAsync<TInput, TResult>(
        this WorkflowContext context, IEnumerable<TInput> inputs, Func<TInput, Task<TResult>> taskFactory, int maxConcurrency = 5)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(taskFactory);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);

        var started = new List<Task<TResult>>();
        var running = new List<Task<TResult>>();
        foreach (var input in inputs)
        {
            if (running.Count == maxConcurrency)
            {
                running.Remove(await Task.WhenAny(running));
            }

            var task = taskFactory(input);
            started.Add(task);
            running.Add(task);
        }

        var all = Task.WhenAll(started);
        await ((Task)all).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        return all.Exception is { } failures ? throw failures : await all;
    }
}
