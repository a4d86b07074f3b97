using System.Buffers;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DurableTask;
using Sidecar.Host;
using Sidecar.Http.Errors;
using Sidecar.Workflows;

namespace Sidecar.Api;

/// <param name="InstanceId">Empty: one is made.</param>
/// <param name="AppId">Empty: this sidecar's.</param>
/// <param name="Input">Null: none, as opposed to an empty one.</param>
internal sealed record WorkflowStart(string Name, string InstanceId, string AppId, string? Input)
{
    public Timestamp? ScheduledStart { get; init; }

    public TraceContext? ParentTrace { get; init; }
}

/// <summary>Workflow management, whichever protocol asks for it (dapr-contract.md 11.1).</summary>
internal sealed class WorkflowApi(SidecarOptions options, WorkflowEngine engine)
{
    private static readonly SearchValues<char> InstanceIdCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    public ApiError? Refuse(WorkflowStart start) => start.Name.Length == 0 ? WorkflowErrors.NameMissing
        : start.InstanceId.Length > WorkflowErrors.LongestInstanceId ? WorkflowErrors.InstanceIdTooLong
        : start.InstanceId.AsSpan().ContainsAnyExcept(InstanceIdCharacters) ? WorkflowErrors.InstanceIdInvalid(start.InstanceId)
        : RefuseApp(start.AppId);

    /// <summary>This sidecar runs the workflows of its own app only.</summary>
    public ApiError? RefuseApp(string appId) =>
        appId.Length > 0 && appId != options.AppId ? WorkflowErrors.AppIdInvalid(appId) : null;

    /// <summary>The value is the id of the instance, whose start is durable.</summary>
    public async Task<ApiAnswer<string>> StartAsync(WorkflowStart start, CancellationToken cancellationToken)
    {
        if (Refuse(start) is { } refusal)
        {
            return ApiAnswer<string>.Failed(refusal);
        }

        var instanceId = start.InstanceId.Length > 0 ? start.InstanceId : RandomId.NewUuid();
        var command = new StartCommand(instanceId, RandomId.NewUuid(), start.Name)
        {
            Input = start.Input,
            ScheduledStart = start.ScheduledStart,
            ParentTrace = start.ParentTrace,
        };
        try
        {
            await engine.StartInstanceAsync(command, cancellationToken);
            return ApiAnswer<string>.Of(instanceId);
        }
        catch (WorkflowException error)
        {
            return ApiAnswer<string>.Failed(WorkflowErrors.Start(start.Name, error.Message));
        }
    }

    /// <summary>A null value: there is no such instance.</summary>
    public async Task<ApiAnswer<InstanceDocument>> GetAsync(string instanceId, CancellationToken cancellationToken)
    {
        try
        {
            return new ApiAnswer<InstanceDocument>(await engine.GetAsync(instanceId, cancellationToken), null);
        }
        catch (WorkflowException error)
        {
            return ApiAnswer<InstanceDocument>.Failed(WorkflowErrors.Get(instanceId, error.Message));
        }
    }

    /// <summary>An unknown instance is a failure like any other, for pause and resume too.</summary>
    public Task<ApiError?> RaiseEventAsync(string instanceId, string eventName, string? data, CancellationToken cancellationToken) =>
        eventName.Length == 0
            ? Task.FromResult<ApiError?>(WorkflowErrors.EventNameMissing)
            : TryAsync(
                engine.RaiseEventAsync(instanceId, eventName, data, cancellationToken),
                error => WorkflowErrors.RaiseEvent(instanceId, error.Message));

    public Task<ApiError?> PauseAsync(string instanceId, CancellationToken cancellationToken) => TryAsync(
        engine.SuspendAsync(instanceId, reason: null, cancellationToken), error => WorkflowErrors.Pause(instanceId, error.Message));

    public Task<ApiError?> ResumeAsync(string instanceId, CancellationToken cancellationToken) => TryAsync(
        engine.ResumeAsync(instanceId, reason: null, cancellationToken), error => WorkflowErrors.Resume(instanceId, error.Message));

    public Task<ApiError?> TerminateAsync(string instanceId, CancellationToken cancellationToken) => TryAsync(
        engine.TerminateAsync(instanceId, output: null, recurse: true, cancellationToken),
        error => NotFoundOr(error, instanceId, WorkflowErrors.Terminate));

    public Task<ApiError?> PurgeAsync(string instanceId, CancellationToken cancellationToken) => TryAsync(
        engine.PurgeAsync(instanceId, force: false, recursive: true, cancellationToken), error => NotFoundOr(error, instanceId, WorkflowErrors.Purge));

    private static ApiError NotFoundOr(WorkflowException error, string instanceId, Func<string, string, ApiError> failed) =>
        error.Fault == WorkflowFault.NotFound ? WorkflowErrors.NotFound(instanceId) : failed(instanceId, error.Message);

    private static async Task<ApiError?> TryAsync(Task command, Func<WorkflowException, ApiError> toError)
    {
        try
        {
            await command;
            return null;
        }
        catch (WorkflowException error)
        {
            return toError(error);
        }
    }
}
