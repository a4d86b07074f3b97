using DaprShop.Tests.Grpc;
using DaprShop.Tests.Wire;
using Google.Protobuf;
using Sidecar.Grpc.DurableTask;

namespace DaprShop.Tests.Workflows;

/// <summary>A real sidecar with a store for workflows, and the client's half of the workflow service.</summary>
internal sealed class WorkflowSidecar : IAsyncDisposable
{
    public const string Store = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: statestore }
        spec:
          type: state.in-memory
          version: v1
          metadata:
            - { name: actorStateStore, value: "true" }
        """;

    private WorkflowSidecar(RunningSidecar running)
    {
        Running = running;
        Client = new RawGrpcClient(new Uri($"http://127.0.0.1:{running.Host.Options.GrpcPort}"));
    }

    public RunningSidecar Running { get; }

    public RawGrpcClient Client { get; }

    public static async Task<WorkflowSidecar> StartAsync(SidecarSetup? setup = null) =>
        new(await RunningSidecar.StartAsync(setup ?? new SidecarSetup { Resources = [Store] }));

    public RemoteWorker Work(Script script, Func<WorkItem, bool>? answers = null) => new(Client, script, answers);

    public Task<RawReply> CallAsync(string method, IMessage request, params (string Name, string Value)[] metadata) =>
        Client.CallAsync(RemoteWorker.Service + method, request, default, metadata);

    public Task<RawReply> StartInstanceAsync(string instanceId, string? input = null, params (string Name, string Value)[] metadata) =>
        CallAsync("StartInstance", new CreateInstanceRequest { InstanceId = instanceId, Name = "saga", Input = input }, metadata);

    public async Task<WorkflowState?> StateAsync(string instanceId) => (await GetAsync("GetInstance", instanceId)).WorkflowState;

    public async Task<WorkflowState> FinishedAsync(string instanceId) => (await GetAsync("WaitForInstanceCompletion", instanceId)).WorkflowState;

    public Task<RawReply> RaiseAsync(string instanceId, string name, string? input = null) =>
        CallAsync("RaiseEvent", new RaiseEventRequest { InstanceId = instanceId, Name = name, Input = input });

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Running.DisposeAsync();
    }

    private async Task<GetInstanceResponse> GetAsync(string method, string instanceId)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        return await Client.CallAsync(
            RemoteWorker.Service + method, new GetInstanceRequest { InstanceId = instanceId, GetInputsAndOutputs = true }, GetInstanceResponse.Parser, deadline.Token);
    }
}
