using Dapr.Common.Serialization;
using Dapr.Workflow;
using Dapr.Workflow.Client;
using Dapr.Workflow.Protocol;
using Google.Protobuf.WellKnownTypes;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>The workflow client of one app, as the services use it.</summary>
internal sealed class SimulatedWorkflowClient(string app, Calls calls, WorkflowEngine engine) : IDaprWorkflowClient
{
    private static readonly JsonDaprSerializer Serializer = new(WorkflowJson.Options);

    public async Task<string> ScheduleNewWorkflowAsync(
        string name, string? instanceId, object? input, DateTimeOffset? startTime, CancellationToken cancellation = default)
    {
        await CallAsync(() => engine.Schedule(app, name, instanceId!, input), cancellation);
        return instanceId!;
    }

    public async Task<WorkflowState> GetWorkflowStateAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default) =>
        new(await CallAsync(() => State(engine.Find(instanceId)), cancellation), Serializer);

    public async Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default) =>
        await CallAsync(() => engine.Raise(instanceId, eventName), cancellation);

    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId = null, object? input = null) => throw NotUsed();

    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId, object? input, DateTime? startTime) => throw NotUsed();

    public Task<WorkflowState> WaitForWorkflowStartAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default) => throw NotUsed();

    public Task<WorkflowState> WaitForWorkflowCompletionAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default) => throw NotUsed();

    public Task TerminateWorkflowAsync(string instanceId, object? output = null, CancellationToken cancellation = default) => throw NotUsed();

    public Task SuspendWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) => throw NotUsed();

    public Task ResumeWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) => throw NotUsed();

    public Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default) => throw NotUsed();

    public Task<WorkflowInstancePage> ListInstanceIdsAsync(
        string? continuationToken = null, int? pageSize = null, CancellationToken cancellation = default) => throw NotUsed();

    public void Dispose()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static NotSupportedException NotUsed() => new("No service of the shop called this when the simulation was written.");

    private static InstanceState? State(WorkflowInstance? instance) => instance is null ? null : new InstanceState
    {
        Name = instance.Name,
        WorkflowStatus = instance.Status switch
        {
            WorkflowStatus.Running => OrchestrationStatus.Running,
            WorkflowStatus.Completed => OrchestrationStatus.Completed,
            _ => OrchestrationStatus.Failed,
        },
        CreatedTimestamp = Timestamp.FromDateTime(instance.CreatedAt),
    };

    private Task<T> CallAsync<T>(Func<T> apply, CancellationToken cancellationToken) =>
        calls.MakeAsync(Dependency.Workflows, apply, () => new HttpRequestException("The workflow engine does not answer."), cancellationToken);
}
