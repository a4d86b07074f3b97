using Microsoft.Extensions.Logging;

namespace Dapr.Workflow;

/// <summary>
/// The only door between a workflow's code and the world. The code runs again from its start on every turn, so whatever
/// it learns here is the same each time; awaiting anything else breaks that, and is reported where it can be seen.
/// </summary>
public abstract class WorkflowContext : IWorkflowContext
{
    /// <summary>Name the workflow was started under.</summary>
    public abstract string Name { get; }

    /// <summary>Id of this instance.</summary>
    public abstract string InstanceId { get; }

    /// <summary>The turn's time in UTC, the same on every replay.</summary>
    public abstract DateTime CurrentUtcDateTime { get; }

    /// <summary>Whether the code runs again over recorded history, rather than for the first time.</summary>
    public abstract bool IsReplaying { get; }

    /// <summary>
    /// Whether this instance takes the changed path: true where the code is reached for the first time, and the same answer
    /// ever after; false for instances that passed this place before the patch existed.
    /// </summary>
    public abstract bool IsPatched(string patchName);

    /// <summary>Runs an activity whose result does not matter.</summary>
    /// <exception cref="WorkflowTaskFailedException">The activity failed, after the retries of its policy.</exception>
    public virtual Task CallActivityAsync(string name, object? input = null, WorkflowTaskOptions? options = null) =>
        CallActivityAsync<object>(name, input, options);

    /// <summary>Runs an activity and reads its result.</summary>
    /// <exception cref="WorkflowTaskFailedException">The activity failed, after the retries of its policy.</exception>
    public abstract Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null);

    /// <summary>A durable timer that fires after a delay.</summary>
    public virtual Task CreateTimer(TimeSpan delay, CancellationToken cancellationToken = default) =>
        CreateTimer(CurrentUtcDateTime.Add(delay), cancellationToken);

    /// <summary>A durable timer that fires at a UTC time.</summary>
    /// <exception cref="ArgumentException">The time is not UTC.</exception>
    public abstract Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken);

    /// <summary>The next event of this name, in order of arrival; an event that came before the wait counts.</summary>
    public abstract Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default);

    /// <summary>The next event of this name, or a cancelled task after the timeout. Zero does not wait, a negative value waits for ever.</summary>
    /// <exception cref="TaskCanceledException">No event came in time.</exception>
    public virtual async Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout)
    {
        if (timeout < TimeSpan.Zero)
        {
            return await WaitForExternalEventAsync<T>(eventName, CancellationToken.None);
        }

        using var overdue = new CancellationTokenSource();
        using var received = new CancellationTokenSource();
        var arrival = WaitForExternalEventAsync<T>(eventName, overdue.Token);
        var timer = CreateTimer(timeout, received.Token);

        // CancelAsync would run the callbacks on a pool thread, outside the workflow.
#pragma warning disable CA1849
        if (await Task.WhenAny(arrival, timer) == arrival)
        {
            received.Cancel();
            return await arrival;
        }

        overdue.Cancel();
#pragma warning restore CA1849
        throw new TaskCanceledException($"Event '{eventName}' did not arrive within {timeout}.");
    }

    /// <summary>Sends an event to another instance.</summary>
    /// <exception cref="NotSupportedException">Dapr's runtime refuses this action; raise the event from an activity.</exception>
    public abstract void SendEvent(string instanceId, string eventName, object payload);

    /// <summary>Text shown in the instance's state, as JSON; the last one set in a turn counts.</summary>
    public abstract void SetCustomStatus(object? customStatus);

    /// <summary>Runs a child workflow and reads its result.</summary>
    /// <exception cref="WorkflowTaskFailedException">The child failed, after the retries of its policy.</exception>
    public abstract Task<TResult> CallChildWorkflowAsync<TResult>(
        string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null);

    /// <summary>Runs a child workflow whose result does not matter.</summary>
    /// <exception cref="WorkflowTaskFailedException">The child failed, after the retries of its policy.</exception>
    public virtual Task CallChildWorkflowAsync(string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null) =>
        CallChildWorkflowAsync<object>(workflowName, input, options);

    /// <summary>A logger that writes on the first run only.</summary>
    public abstract ILogger CreateReplaySafeLogger(string categoryName);

    /// <summary>A logger that writes on the first run only.</summary>
    public abstract ILogger CreateReplaySafeLogger(Type type);

    /// <summary>A logger that writes on the first run only.</summary>
    public abstract ILogger CreateReplaySafeLogger<T>();

    /// <summary>Starts the workflow afresh with a new input and an empty history, once the running code has returned.</summary>
    /// <param name="newInput">Input of the next run.</param>
    /// <param name="preserveUnprocessedEvents">Whether events that nobody waited for go along.</param>
    public abstract void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true);

    /// <summary>A new id, the same on every replay.</summary>
    public abstract Guid NewGuid();

    /// <summary>History handed down by the caller; null when it handed none.</summary>
    public abstract PropagatedHistory? GetPropagatedHistory();
}
