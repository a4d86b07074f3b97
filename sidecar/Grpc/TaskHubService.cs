using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DurableTask;
using Sidecar.Workflows;

namespace Sidecar.Grpc;

/// <summary>The workflow service that workers and workflow clients call (dapr-contract.md 11.2). It has no proto package.</summary>
internal sealed class TaskHubService(WorkflowEngine engine) : IGrpcService
{
    private const string Service = "/TaskHubSidecarService/";
    private const int DefaultPage = 1_024;
    private const uint LargestPage = 10_000;

    public IReadOnlyList<GrpcMethod> Methods =>
    [
        Unary("Hello", Empty.Parser, (request, _) => Task.FromResult(request)),
        GrpcMethod.ServerStreaming(Service + "GetWorkItems", GetWorkItemsRequest.Parser, GetWorkItemsAsync),
        Unary("CompleteOrchestratorTask", WorkflowResponse.Parser, CompleteWorkflowTask),
        Unary("CompleteWorkflowTask", WorkflowResponse.Parser, CompleteWorkflowTask),
        Unary("CompleteActivityTask", ActivityResponse.Parser, CompleteActivityTask),
        Unary("StartInstance", CreateInstanceRequest.Parser, StartInstanceAsync),
        Unary("GetInstance", GetInstanceRequest.Parser, GetInstanceAsync),
        Unary("WaitForInstanceStart", GetInstanceRequest.Parser, WaitForInstanceStartAsync),
        Unary("WaitForInstanceCompletion", GetInstanceRequest.Parser, WaitForInstanceCompletionAsync),
        Unary("RaiseEvent", RaiseEventRequest.Parser, RaiseEventAsync),
        Unary("TerminateInstance", TerminateRequest.Parser, TerminateInstanceAsync),
        Unary("SuspendInstance", SuspendRequest.Parser, SuspendInstanceAsync),
        Unary("ResumeInstance", ResumeRequest.Parser, ResumeInstanceAsync),
        Unary("PurgeInstances", PurgeInstancesRequest.Parser, PurgeInstancesAsync),
        Unary("GetInstanceHistory", GetInstanceHistoryRequest.Parser, GetInstanceHistoryAsync),
        Unary("ListInstanceIDs", ListInstanceIDsRequest.Parser, ListInstanceIdsAsync),
        Unsupported("RerunWorkflowFromEvent", RerunWorkflowFromEventRequest.Parser),
    ];

    /// <summary>Server stream of WorkItem until the worker goes away; what it had in hand then goes to another worker.</summary>
    private async Task GetWorkItemsAsync(GetWorkItemsRequest request, GrpcCall call)
    {
        await call.StartAsync();
        using var worker = engine.Dispatcher.Connect();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.Cancelled, engine.Stopping);
        try
        {
            while (await worker.Items.WaitToReadAsync(ended.Token))
            {
                while (worker.Items.TryRead(out var item))
                {
                    call.Write(item);
                }

                await call.FlushAsync();
            }
        }
        catch (OperationCanceledException) when (engine.Stopping.IsCancellationRequested && !call.Cancelled.IsCancellationRequested)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, "the sidecar is stopping");
        }
    }

    private Task<CompleteTaskResponse> CompleteWorkflowTask(WorkflowResponse response, GrpcCall call)
    {
        engine.Dispatcher.Complete(response);
        return Task.FromResult(new CompleteTaskResponse());
    }

    private Task<CompleteTaskResponse> CompleteActivityTask(ActivityResponse response, GrpcCall call)
    {
        engine.Dispatcher.Complete(response);
        return Task.FromResult(new CompleteTaskResponse());
    }

    /// <summary>Answers when the instance has left PENDING, or at once when its start is scheduled.</summary>
    private async Task<CreateInstanceResponse> StartInstanceAsync(CreateInstanceRequest request, GrpcCall call)
    {
        var command = new StartCommand(
            request.InstanceId.Length > 0 ? request.InstanceId : RandomId.NewUuid(), RandomId.NewUuid(), request.Name)
        {
            Version = request.Version,
            Input = request.Input,
            ScheduledStart = request.ScheduledStartTimestamp,
            EnforceUniqueId = request.EnforceUniqueInstanceId,
            ParentTrace = request.ParentTraceContext ?? TraceOf(call),
            Tags = request.Tags,
        };
        await engine.StartInstanceAsync(command, call.Cancelled);
        if (command.ScheduledStart is null)
        {
            await engine.WaitForStartAsync(command.InstanceId, command.ExecutionId, call.Cancelled);
        }

        return new CreateInstanceResponse { InstanceId = command.InstanceId };
    }

    private async Task<GetInstanceResponse> GetInstanceAsync(GetInstanceRequest request, GrpcCall call) =>
        ToResponse(await engine.GetAsync(request.InstanceId, call.Cancelled), request.GetInputsAndOutputs);

    private async Task<GetInstanceResponse> WaitForInstanceStartAsync(GetInstanceRequest request, GrpcCall call) =>
        ToResponse(await engine.WaitForStartAsync(request.InstanceId, executionId: null, call.Cancelled), request.GetInputsAndOutputs);

    private async Task<GetInstanceResponse> WaitForInstanceCompletionAsync(GetInstanceRequest request, GrpcCall call) =>
        ToResponse(await engine.WaitForEndAsync(request.InstanceId, call.Cancelled), request.GetInputsAndOutputs);

    private async Task<RaiseEventResponse> RaiseEventAsync(RaiseEventRequest request, GrpcCall call)
    {
        await engine.RaiseEventAsync(request.InstanceId, request.Name, request.Input, call.Cancelled);
        return new RaiseEventResponse();
    }

    /// <summary>Answers when the instance is complete.</summary>
    private async Task<TerminateResponse> TerminateInstanceAsync(TerminateRequest request, GrpcCall call)
    {
        await engine.TerminateAsync(request.InstanceId, request.Output, request.Recursive, call.Cancelled);
        await engine.WaitForEndAsync(request.InstanceId, call.Cancelled);
        return new TerminateResponse();
    }

    private async Task<SuspendResponse> SuspendInstanceAsync(SuspendRequest request, GrpcCall call)
    {
        await engine.SuspendAsync(request.InstanceId, request.Reason, call.Cancelled);
        return new SuspendResponse();
    }

    private async Task<ResumeResponse> ResumeInstanceAsync(ResumeRequest request, GrpcCall call)
    {
        await engine.ResumeAsync(request.InstanceId, request.Reason, call.Cancelled);
        return new ResumeResponse();
    }

    /// <summary>By instance id only: Dapr has the filter in its proto but not in its engine either.</summary>
    private async Task<PurgeInstancesResponse> PurgeInstancesAsync(PurgeInstancesRequest request, GrpcCall call)
    {
        if (request.RequestCase != PurgeInstancesRequest.RequestOneofCase.InstanceId)
        {
            throw new GrpcException(GrpcStatusCode.Unimplemented, "purging workflows by filter is not implemented");
        }

        var purged = await engine.PurgeAsync(request.InstanceId, request.Force, request.Recursive, call.Cancelled);
        return new PurgeInstancesResponse { DeletedInstanceCount = purged, IsComplete = true };
    }

    private async Task<GetInstanceHistoryResponse> GetInstanceHistoryAsync(GetInstanceHistoryRequest request, GrpcCall call)
    {
        var events = await engine.HistoryAsync(request.InstanceId, call.Cancelled);
        if (events.Count == 0 && await engine.GetAsync(request.InstanceId, call.Cancelled) is null)
        {
            throw new WorkflowException(WorkflowFault.NotFound, "no such instance exists");
        }

        var response = new GetInstanceHistoryResponse();
        response.Events.AddRange(events);
        return response;
    }

    /// <summary>Page by page; without a size 1,024 ids each.</summary>
    private async Task<ListInstanceIDsResponse> ListInstanceIdsAsync(ListInstanceIDsRequest request, GrpcCall call)
    {
        var size = request.HasPageSize && request.PageSize > 0 ? (int)Math.Min(request.PageSize, LargestPage) : DefaultPage;
        var (ids, token) = await engine.ListAsync(request.HasContinuationToken ? request.ContinuationToken : null, size, call.Cancelled);
        var response = new ListInstanceIDsResponse { InstanceIds = { ids } };
        if (token is not null)
        {
            response.ContinuationToken = token;
        }

        return response;
    }

    private static GetInstanceResponse ToResponse(InstanceDocument? document, bool withPayloads)
    {
        if (document is null)
        {
            return new GetInstanceResponse { Exists = false };
        }

        var state = new WorkflowState
        {
            InstanceId = document.InstanceId,
            Name = document.Start.Name,
            Version = document.Start.Version,
            WorkflowStatus = document.Status,
            ScheduledStartTimestamp = document.Start.ScheduledStartTimestamp,
            CreatedTimestamp = document.Created,
            LastUpdatedTimestamp = document.LastUpdated,
            CompletedTimestamp = document.Completed,
            StartedAt = document.StartedAt,
            ExecutionId = document.ExecutionId,
            FailureDetails = document.Failure,
            CustomStatus = withPayloads ? document.CustomStatus : null,
            Input = withPayloads ? document.Start.Input : null,
            Output = withPayloads ? document.Output : null,
        };
        state.Tags.Add(document.Start.Tags);
        return new GetInstanceResponse { Exists = true, WorkflowState = state };
    }

    /// <summary>
    /// The caller's trace, so that what the workflow does is part of it. Its own span counts, not the one the server
    /// may have opened for this call, which nobody exports.
    /// </summary>
    private static TraceContext? TraceOf(GrpcCall call)
    {
        var parent = call.Metadata("traceparent");
        return parent is null ? null : new TraceContext { TraceParent = parent, TraceState = call.Metadata("tracestate") };
    }

    private static GrpcMethod Unsupported<TRequest>(string name, MessageParser<TRequest> requests)
        where TRequest : class, IMessage<TRequest> =>
        Unary<TRequest, Empty>(
            name,
            requests,
            (_, _) => throw new GrpcException(GrpcStatusCode.Unimplemented, $"{name} is not supported by this sidecar's workflow engine"));

    private static GrpcMethod Unary<TRequest, TReply>(
        string name, MessageParser<TRequest> requests, Func<TRequest, GrpcCall, Task<TReply>> handle)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> =>
        GrpcMethod.Unary(Service + name, requests, async (request, call) =>
        {
            try
            {
                return await handle(request, call);
            }
            catch (WorkflowException error)
            {
                throw new GrpcException(StatusOf(error.Fault), error.Message, error);
            }
        });

    private static GrpcStatusCode StatusOf(WorkflowFault fault) => fault switch
    {
        WorkflowFault.NotFound => GrpcStatusCode.NotFound,
        WorkflowFault.AlreadyExists => GrpcStatusCode.AlreadyExists,
        WorkflowFault.WrongState or WorkflowFault.NotConfigured => GrpcStatusCode.FailedPrecondition,
        WorkflowFault.Unavailable => GrpcStatusCode.Unavailable,
        _ => GrpcStatusCode.Unknown,
    };
}
