using System.Diagnostics;
using Dapr.Common.Serialization;
using Dapr.Workflow.Client;
using Dapr.Workflow.Grpc;
using Dapr.Workflow.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Dapr.Workflow;

/// <inheritdoc cref="IDaprWorkflowClient" />
public sealed class DaprWorkflowClient : IDaprWorkflowClient
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly GrpcChannel _channel;
    private readonly bool _ownsChannel;
    private readonly IDaprSerializer _serializer;
    private readonly TimeProvider _clock;
    private readonly Func<Guid> _newId;

    internal DaprWorkflowClient(GrpcChannel channel, bool ownsChannel, IDaprSerializer serializer, TimeProvider clock, Func<Guid> newId)
    {
        _channel = channel;
        _ownsChannel = ownsChannel;
        _serializer = serializer;
        _clock = clock;
        _newId = newId;
    }

    /// <inheritdoc />
    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId = null, object? input = null) =>
        ScheduleNewWorkflowAsync(name, instanceId, input, (DateTimeOffset?)null);

    /// <inheritdoc />
    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId, object? input, DateTime? startTime) =>
        ScheduleNewWorkflowAsync(name, instanceId, input, startTime is { } time ? new DateTimeOffset(time) : null);

    /// <inheritdoc />
    public async Task<string> ScheduleNewWorkflowAsync(
        string name, string? instanceId, object? input, DateTimeOffset? startTime, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var request = new CreateInstanceRequest
        {
            // Chosen here, so that a caller who repeats a call that broke off can name the same instance.
            InstanceId = string.IsNullOrEmpty(instanceId) ? _newId().ToString("D") : instanceId,
            Name = name,
            Input = _serializer.Serialize(input),
            ScheduledStartTimestamp = startTime is { } time ? Timestamp.FromDateTimeOffset(time) : null,
        };
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } traceParent } activity)
        {
            request.ParentTraceContext = new TraceContext { TraceParent = traceParent, TraceState = activity.TraceStateString };
        }

        var reply = await CallAsync(TaskHub.StartInstance, request, cancellation);
        return reply.InstanceId.Length > 0 ? reply.InstanceId : request.InstanceId;
    }

    /// <inheritdoc />
    public async Task<WorkflowState> GetWorkflowStateAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var request = new GetInstanceRequest { InstanceId = instanceId, GetInputsAndOutputs = getInputsAndOutputs };
        try
        {
            var reply = await CallAsync(TaskHub.GetInstance, request, cancellation);
            return new WorkflowState(reply.Exists ? reply.WorkflowState : null, _serializer);
        }
        catch (GrpcCallException failure) when (failure.Status == GrpcStatus.NotFound)
        {
            return new WorkflowState(null, _serializer);
        }
    }

    /// <inheritdoc />
    public async Task<WorkflowState> WaitForWorkflowStartAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default)
    {
        var request = new GetInstanceRequest { InstanceId = instanceId, GetInputsAndOutputs = getInputsAndOutputs };
        return await WaitAsync(TaskHub.WaitForStart, request, cancellation);
    }

    /// <inheritdoc />
    public async Task<WorkflowState> WaitForWorkflowCompletionAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default)
    {
        var request = new GetInstanceRequest { InstanceId = instanceId, GetInputsAndOutputs = getInputsAndOutputs };
        var finished = await WaitAsync(TaskHub.WaitForCompletion, request, cancellation);

        // Runtimes differ in whether the wait's reply carries the payloads, so they are asked for.
        return getInputsAndOutputs ? await GetWorkflowStateAsync(instanceId, getInputsAndOutputs: true, cancellation) : finished;
    }

    /// <inheritdoc />
    public Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        var request = new RaiseEventRequest { InstanceId = instanceId, Name = eventName, Input = _serializer.Serialize(eventPayload) };
        return CallAsync(TaskHub.RaiseEvent, request, cancellation);
    }

    /// <inheritdoc />
    public Task TerminateWorkflowAsync(string instanceId, object? output = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var request = new TerminateRequest { InstanceId = instanceId, Output = _serializer.Serialize(output), Recursive = true };
        return CallAsync(TaskHub.Terminate, request, cancellation);
    }

    /// <inheritdoc />
    public Task SuspendWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var request = new SuspendRequest { InstanceId = instanceId, Reason = reason ?? string.Empty };
        return CallAsync(TaskHub.Suspend, request, cancellation);
    }

    /// <inheritdoc />
    public Task ResumeWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var request = new ResumeRequest { InstanceId = instanceId, Reason = reason ?? string.Empty };
        return CallAsync(TaskHub.Resume, request, cancellation);
    }

    /// <inheritdoc />
    public async Task<WorkflowInstancePage> ListInstanceIdsAsync(
        string? continuationToken = null, int? pageSize = null, CancellationToken cancellation = default)
    {
        var request = new ListInstanceIDsRequest();
        if (continuationToken is not null)
        {
            request.ContinuationToken = continuationToken;
        }

        if (pageSize is { } size)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size, nameof(pageSize));
            request.PageSize = (uint)size;
        }

        var reply = await CallAsync(TaskHub.ListInstanceIds, request, cancellation);
        return new WorkflowInstancePage([.. reply.InstanceIds], reply.HasContinuationToken ? reply.ContinuationToken : null);
    }

    /// <inheritdoc />
    public async Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var request = new PurgeInstancesRequest { InstanceId = instanceId, Recursive = true };
        var reply = await CallAsync(TaskHub.Purge, request, cancellation);
        return reply.DeletedInstanceCount > 0;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_ownsChannel)
        {
            _channel.Dispose();
        }
    }

    // The sidecar may restart or give up a long wait; the wait itself changes nothing, so it is asked again.
    private async Task<WorkflowState> WaitAsync(
        GrpcMethod<GetInstanceRequest, GetInstanceResponse> method, GetInstanceRequest request, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(request.InstanceId, nameof(request.InstanceId));
        var pause = ShortestPause;
        while (true)
        {
            try
            {
                var reply = await CallAsync(method, request, cancellation);
                return reply.Exists
                    ? new WorkflowState(reply.WorkflowState, _serializer)
                    : throw new InvalidOperationException($"There is no workflow instance with the id '{request.InstanceId}'.");
            }
            catch (GrpcCallException failure) when (failure.Status == GrpcStatus.NotFound)
            {
                throw new InvalidOperationException($"There is no workflow instance with the id '{request.InstanceId}'.", failure);
            }
            catch (GrpcCallException failure) when (failure.IsTransient)
            {
                await Task.Delay(pause, _clock, cancellation);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private Task<TResponse> CallAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        _channel.UnaryAsync(method, request, deadline: null, cancellationToken);
}
