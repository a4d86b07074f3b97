using System.Threading.Channels;
using Dapr.Workflow;
using Dapr.Workflow.Protocol;
using DaprShop.Tests.Grpc;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.Workflow;

/// <summary>The sidecar's end of the work item stream, played by a test.</summary>
internal sealed class ScriptedTaskHub : IAsyncDisposable
{
    private const string Service = "/TaskHubSidecarService/";
    private readonly Channel<WorkItem> _items = Channel.CreateUnbounded<WorkItem>();
    private readonly Channel<WorkflowResponse> _turns = Channel.CreateUnbounded<WorkflowResponse>();
    private readonly Channel<ActivityResponse> _results = Channel.CreateUnbounded<ActivityResponse>();
    private CancellationTokenSource _break = new();
    private int _streams;
    private int _hellos;

    private ScriptedTaskHub(GrpcServer server)
    {
        Server = server;
        server.OnUnary(Service + "Hello", _ =>
        {
            Interlocked.Increment(ref _hellos);
            return new Empty();
        });
        server.On(Service + "GetWorkItems", StreamAsync);
        server.OnUnary(Service + "CompleteOrchestratorTask", call =>
        {
            _turns.Writer.TryWrite(call.Read(WorkflowResponse.Parser));
            return new CompleteTaskResponse();
        });
        server.OnUnary(Service + "CompleteActivityTask", call =>
        {
            _results.Writer.TryWrite(call.Read(ActivityResponse.Parser));
            return new CompleteTaskResponse();
        });
    }

    public GrpcServer Server { get; }

    public int Streams => Volatile.Read(ref _streams);

    public int Hellos => Volatile.Read(ref _hellos);

    public static async Task<ScriptedTaskHub> StartAsync(int port = 0) => new(await GrpcServer.StartAsync(port));

    public static IHost Worker(
        Uri sidecar, Action<WorkflowRuntimeOptions> register, Action<IServiceCollection>? services = null, TimeProvider? clock = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["DAPR_GRPC_ENDPOINT"] = sidecar.ToString(),
            ["DAPR_API_TOKEN"] = "secret",
        });
        services?.Invoke(builder.Services);
        builder.Services.AddSingleton(clock ?? TimeProvider.System);
        builder.Services.AddDaprWorkflow(register);
        return builder.Build();
    }

    public void Send(WorkItem item) => _items.Writer.TryWrite(item);

    public void SendActivity(string name, object? input, int taskId = 1, Action<ActivityRequest>? also = null)
    {
        var request = new ActivityRequest
        {
            Name = name,
            Input = WorkflowPlay.Serializer.Serialize(input),
            WorkflowInstance = new WorkflowInstance { InstanceId = "w-1" },
            TaskId = taskId,
            TaskExecutionId = $"x-{taskId}",
        };
        also?.Invoke(request);
        Send(new WorkItem { ActivityRequest = request, CompletionToken = $"token-{taskId}" });
    }

    public void SendStart(string name, object? input, string instanceId = "w-1", params HistoryEvent[] also)
    {
        var request = new WorkflowRequest { InstanceId = instanceId };
        request.NewEvents.Add(Events.TurnStarted(new DateTime(2026, 5, 6, 7, 8, 9, DateTimeKind.Utc)));
        request.NewEvents.Add(new HistoryEvent
        {
            EventId = -1,
            ExecutionStarted = new ExecutionStartedEvent
            {
                Name = name,
                Input = WorkflowPlay.Serializer.Serialize(input),
                WorkflowInstance = new WorkflowInstance { InstanceId = instanceId, ExecutionId = "run-1" },
            },
        });
        request.NewEvents.Add(also);
        Send(new WorkItem { WorkflowRequest = request, CompletionToken = $"turn-{instanceId}" });
    }

    public Task<WorkflowResponse> NextTurnAsync() => _turns.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public Task<ActivityResponse> NextResultAsync() => _results.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    /// <summary>Ends the open stream, as a sidecar does that shuts down.</summary>
    public void EndStream() => Interlocked.Exchange(ref _break, new CancellationTokenSource()).Cancel();

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    private async Task StreamAsync(GrpcServerCall call)
    {
        await call.Response.StartAsync();
        Interlocked.Increment(ref _streams);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, _break.Token);
        try
        {
            await foreach (var item in _items.Reader.ReadAllAsync(end.Token))
            {
                await call.WriteAsync(item);
            }
        }
        catch (OperationCanceledException)
        {
            call.End(0);
        }
    }
}
