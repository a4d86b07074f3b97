using Dapr.Workflow.Grpc;
using Google.Protobuf.WellKnownTypes;

namespace Dapr.Workflow.Protocol;

/// <summary>The methods of the sidecar's workflow service.</summary>
internal static class TaskHub
{
    private const string Service = "/TaskHubSidecarService/";

    public static readonly GrpcMethod<Empty, Empty> Hello = new(Service + "Hello", Empty.Parser);

    public static readonly GrpcMethod<GetWorkItemsRequest, WorkItem> GetWorkItems = new(Service + "GetWorkItems", WorkItem.Parser);

    // The newer name of this method is unknown to runtimes before 1.18; all know the older one.
    public static readonly GrpcMethod<WorkflowResponse, CompleteTaskResponse> CompleteWorkflow =
        new(Service + "CompleteOrchestratorTask", CompleteTaskResponse.Parser);

    public static readonly GrpcMethod<ActivityResponse, CompleteTaskResponse> CompleteActivity =
        new(Service + "CompleteActivityTask", CompleteTaskResponse.Parser);

    public static readonly GrpcMethod<GetInstanceHistoryRequest, GetInstanceHistoryResponse> GetHistory =
        new(Service + "GetInstanceHistory", GetInstanceHistoryResponse.Parser);

    public static readonly GrpcMethod<ListInstanceIDsRequest, ListInstanceIDsResponse> ListInstanceIds =
        new(Service + "ListInstanceIDs", ListInstanceIDsResponse.Parser);

    public static readonly GrpcMethod<CreateInstanceRequest, CreateInstanceResponse> StartInstance =
        new(Service + "StartInstance", CreateInstanceResponse.Parser);

    public static readonly GrpcMethod<GetInstanceRequest, GetInstanceResponse> GetInstance =
        new(Service + "GetInstance", GetInstanceResponse.Parser);

    public static readonly GrpcMethod<GetInstanceRequest, GetInstanceResponse> WaitForStart =
        new(Service + "WaitForInstanceStart", GetInstanceResponse.Parser);

    public static readonly GrpcMethod<GetInstanceRequest, GetInstanceResponse> WaitForCompletion =
        new(Service + "WaitForInstanceCompletion", GetInstanceResponse.Parser);

    public static readonly GrpcMethod<RaiseEventRequest, RaiseEventResponse> RaiseEvent =
        new(Service + "RaiseEvent", RaiseEventResponse.Parser);

    public static readonly GrpcMethod<TerminateRequest, TerminateResponse> Terminate =
        new(Service + "TerminateInstance", TerminateResponse.Parser);

    public static readonly GrpcMethod<SuspendRequest, SuspendResponse> Suspend =
        new(Service + "SuspendInstance", SuspendResponse.Parser);

    public static readonly GrpcMethod<ResumeRequest, ResumeResponse> Resume =
        new(Service + "ResumeInstance", ResumeResponse.Parser);

    public static readonly GrpcMethod<PurgeInstancesRequest, PurgeInstancesResponse> Purge =
        new(Service + "PurgeInstances", PurgeInstancesResponse.Parser);
}
