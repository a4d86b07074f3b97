using Dapr.Workflow;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaprShop.Tests.Services.Order;

/// <summary>A workflow's context in which each activity answers as scripted, no event ever comes, and a wait is over when the clock says so.</summary>
/// <param name="now">The workflow's clock; each wait moves it on.</param>
/// <param name="answer">What an activity answers, by its name and input.</param>
internal sealed class ScriptedWorkflowContext(DateTime now, Func<string, object?, object> answer) : WorkflowContext
{
    private DateTime _now = now;

    public List<(string Activity, object? Input, DateTime At)> Calls { get; } = [];

    public override string Name => "scripted";

    public override string InstanceId => "o-1";

    public override DateTime CurrentUtcDateTime => _now;

    public override bool IsReplaying => false;

    public override Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null)
    {
        Calls.Add((name, input, _now));
        return Task.FromResult((T)answer(name, input));
    }

    public override Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout)
    {
        _now += timeout;
        return Task.FromException<T>(new TaskCanceledException());
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken) => throw NotScripted();

    public override Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default) => throw NotScripted();

    public override bool IsPatched(string patchName) => throw NotScripted();

    public override void SendEvent(string instanceId, string eventName, object payload) => throw NotScripted();

    public override void SetCustomStatus(object? customStatus) => throw NotScripted();

    public override Task<TResult> CallChildWorkflowAsync<TResult>(
        string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null) => throw NotScripted();

    public override ILogger CreateReplaySafeLogger(string categoryName) => NullLogger.Instance;

    public override ILogger CreateReplaySafeLogger(Type type) => NullLogger.Instance;

    public override ILogger CreateReplaySafeLogger<T>() => NullLogger.Instance;

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) => throw NotScripted();

    public override Guid NewGuid() => throw NotScripted();

    public override PropagatedHistory? GetPropagatedHistory() => throw NotScripted();

    private static NotSupportedException NotScripted() => new("No scripted workflow called this.");
}
