using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Dapr.Workflow;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>One replay: what the history knows is answered at once, what it does not becomes a command and never ends in this turn.</summary>
[SuppressMessage("Design", "CA1065", Justification = "What no workflow of the shop calls must be noticed when one begins to.")]
internal sealed class SimulatedWorkflowContext(WorkflowInstance instance) : WorkflowContext
{
    private int _calls;
    private DateTime _now = instance.CreatedAt;

    /// <summary>What this turn wants that no earlier one did.</summary>
    public List<Command> Commands { get; } = [];

    public override string Name => instance.Name;

    public override string InstanceId => instance.Id;

    public override DateTime CurrentUtcDateTime => _now;

    public override bool IsReplaying => Commands.Count == 0;

    public override async Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null)
    {
        var number = _calls++;
        var payload = JsonSerializer.Serialize(input, WorkflowJson.Options);
        var resolution = await ResolveAsync(number, () => new ActivityCommand(number, name, payload, options?.RetryPolicy));
        return resolution.Failure is { } failure
            ? throw new WorkflowTaskFailedException(failure, new WorkflowTaskFailureDetails("ActivityFailed", failure))
            : JsonSerializer.Deserialize<T>(resolution.Output!, WorkflowJson.Options)!;
    }

    public override async Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        var number = _calls++;
        await ResolveAsync(number, () => new TimerCommand(number, fireAt));
    }

    public override async Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default)
    {
        var number = _calls++;
        await ResolveAsync(number, () => new EventCommand(number, eventName, Due: null));
        return default!;
    }

    public override async Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout)
    {
        var number = _calls++;
        var due = _now + timeout;
        var resolution = await ResolveAsync(number, () => new EventCommand(number, eventName, due));
        return resolution.TimedOut ? throw new TaskCanceledException($"Event '{eventName}' did not arrive.") : default!;
    }

    public override bool IsPatched(string patchName) => throw NotUsed();

    public override void SendEvent(string instanceId, string eventName, object payload) => throw NotUsed();

    public override void SetCustomStatus(object? customStatus) => throw NotUsed();

    public override Task<TResult> CallChildWorkflowAsync<TResult>(
        string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null) => throw NotUsed();

    public override ILogger CreateReplaySafeLogger(string categoryName) => NullLogger.Instance;

    public override ILogger CreateReplaySafeLogger(Type type) => NullLogger.Instance;

    public override ILogger CreateReplaySafeLogger<T>() => NullLogger.Instance;

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) => throw NotUsed();

    public override Guid NewGuid() => throw NotUsed();

    public override PropagatedHistory? GetPropagatedHistory() => throw NotUsed();

    private static NotSupportedException NotUsed() => new("No workflow of the shop called this when the simulation was written.");

    private Task<Resolution> ResolveAsync(int number, Func<Command> command)
    {
        if (instance.History.TryGetValue(number, out var resolution))
        {
            _now = resolution.At;
            return Task.FromResult(resolution);
        }

        if (!instance.Open.ContainsKey(number))
        {
            Commands.Add(command());
        }

        return new TaskCompletionSource<Resolution>().Task;
    }
}

internal static class WorkflowJson
{
    /// <summary>As the SDK's worker writes and reads payloads.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web) { IncludeFields = true };
}
