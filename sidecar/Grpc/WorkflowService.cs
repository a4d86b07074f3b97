using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Api;
using Sidecar.Grpc.DaprApi;
using Sidecar.Grpc.DurableTask;
using Sidecar.Http.Errors;

namespace Sidecar.Grpc;

/// <summary>Workflow management over gRPC (dapr-contract.md 11.1). The component's name means nothing.</summary>
internal sealed class WorkflowService(WorkflowApi workflows) : IGrpcService
{
    private const string StartTime = "dapr.workflow.start_time";

    public IReadOnlyList<GrpcMethod> Methods =>
    [
        .. Versions("StartWorkflow", StartWorkflowRequest.Parser, StartAsync),
        .. Versions("GetWorkflow", GetWorkflowRequest.Parser, GetAsync),
        .. Versions("RaiseEventWorkflow", RaiseEventWorkflowRequest.Parser, RaiseEventAsync),
        .. Commands("PauseWorkflow", PauseWorkflowRequest.Parser, request => (request.InstanceId, request.AppId), workflows.PauseAsync),
        .. Commands("ResumeWorkflow", ResumeWorkflowRequest.Parser, request => (request.InstanceId, request.AppId), workflows.ResumeAsync),
        .. Commands("TerminateWorkflow", TerminateWorkflowRequest.Parser, request => (request.InstanceId, request.AppId), workflows.TerminateAsync),
        .. Commands("PurgeWorkflow", PurgeWorkflowRequest.Parser, request => (request.InstanceId, request.AppId), workflows.PurgeAsync),
    ];

    private async Task<StartWorkflowResponse> StartAsync(StartWorkflowRequest request, GrpcCall call)
    {
        var start = new WorkflowStart(request.WorkflowName, request.InstanceId, request.AppId, Text(request.Input))
        {
            ScheduledStart = ScheduledStart(request),
            ParentTrace = call.Trace.Traceparent.Length == 0
                ? null
                : new TraceContext { TraceParent = call.Trace.Traceparent, TraceState = call.Trace.Tracestate },
        };
        return new StartWorkflowResponse { InstanceId = DaprService.ValueOf(await workflows.StartAsync(start, call.Cancelled)) };
    }

    /// <summary>An unknown instance is an answer with nothing but its id, not an error: so daprd does it, unlike over HTTP.</summary>
    private async Task<GetWorkflowResponse> GetAsync(GetWorkflowRequest request, GrpcCall call)
    {
        Check(request.InstanceId, request.AppId);
        var response = new GetWorkflowResponse { InstanceId = request.InstanceId };
        if (DaprService.ValueOf(await workflows.GetAsync(request.InstanceId, call.Cancelled)) is { } document)
        {
            response.WorkflowName = document.Start.Name;
            response.CreatedAt = document.Created;
            response.LastUpdatedAt = document.LastUpdated;
            response.RuntimeStatus = WorkflowStatus.Name(document.Status);
            response.Properties.Add(WorkflowStatus.Properties(document).ToDictionary());
        }

        return response;
    }

    private async Task<Empty> RaiseEventAsync(RaiseEventWorkflowRequest request, GrpcCall call)
    {
        Check(request.InstanceId, request.AppId);
        DaprService.ThrowIf(await workflows.RaiseEventAsync(request.InstanceId, request.EventName, Text(request.EventData), call.Cancelled));
        return new Empty();
    }

    private IEnumerable<GrpcMethod> Commands<TRequest>(
        string name,
        MessageParser<TRequest> requests,
        Func<TRequest, (string InstanceId, string AppId)> target,
        Func<string, CancellationToken, Task<ApiError?>> run)
        where TRequest : class, IMessage<TRequest> => Versions(name, requests, async (request, call) =>
        {
            var (instanceId, appId) = target(request);
            Check(instanceId, appId);
            DaprService.ThrowIf(await run(instanceId, call.Cancelled));
            return new Empty();
        });

    private void Check(string instanceId, string appId) =>
        DaprService.ThrowIf(instanceId.Length == 0 ? WorkflowErrors.InstanceIdMissing : workflows.RefuseApp(appId));

    private static IEnumerable<GrpcMethod> Versions<TRequest, TReply>(
        string name, MessageParser<TRequest> requests, Func<TRequest, GrpcCall, Task<TReply>> handle)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> => DaprService.Unary([$"{name}Beta1", $"{name}Alpha1"], requests, handle);

    private static Timestamp? ScheduledStart(StartWorkflowRequest request)
    {
        if (!request.Options.TryGetValue(StartTime, out var text))
        {
            return null;
        }

        try
        {
            // Protobuf's JSON form of a timestamp is RFC 3339, and nothing else.
            return JsonParser.Default.Parse<Timestamp>(JsonSerializer.Serialize(text));
        }
        catch (InvalidProtocolBufferException)
        {
            throw DaprService.ToException(WorkflowErrors.StartTimeUnreadable(text));
        }
    }

    // No bytes are no input, as over HTTP.
    private static string? Text(ByteString bytes) => bytes.IsEmpty ? null : bytes.ToStringUtf8();
}
