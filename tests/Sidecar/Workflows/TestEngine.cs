using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Actors.Placement;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Grpc.DurableTask;
using Sidecar.Host;
using Sidecar.Workflows;

namespace DaprShop.Tests.Workflows;

/// <summary>An engine on a store, with a worker that talks to it without a network.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _workers = [];

    public TestEngine(IStateStore store, TimeProvider? clock = null, WorkflowLimits? limits = null, IActorPlacement? placement = null)
    {
        Engine = new WorkflowEngine(
            new SidecarOptions { AppId = "shop" },
            Components(store),
            limits ?? new WorkflowLimits(),
            placement ?? new ActorDirectory(),
            clock ?? TimeProvider.System,
            NullLogger<WorkflowEngine>.Instance);
    }

    public WorkflowEngine Engine { get; }

    /// <summary>Every activity dispatched, as instance/task.</summary>
    public ConcurrentQueue<string> Dispatched { get; } = [];

    public static ComponentRegistry Components(IStateStore store, bool marked = true)
    {
        var components = new ComponentRegistry();
        var metadata = new Dictionary<string, string> { ["actorStateStore"] = marked ? "true" : "false" };
        components.Add(new LoadedComponent(
            new ComponentSpec("statestore", "state.test", "v1", metadata, false, TimeSpan.FromSeconds(5), "test.yaml"), store));
        return components;
    }

    public WorkerStream StartWorker(Script script)
    {
        var worker = Engine.Dispatcher.Connect();
        _workers.Add(Task.Run(async () =>
        {
            await foreach (var item in worker.Items.ReadAllAsync(_stop.Token))
            {
                if (item.WorkflowRequest is not null)
                {
                    Engine.Dispatcher.Complete(Actions.Answer(item, script));
                }
                else
                {
                    Dispatched.Enqueue($"{item.ActivityRequest.WorkflowInstance.InstanceId}/{item.ActivityRequest.TaskId}");
                    Engine.Dispatcher.Complete(Actions.Answer(item));
                }
            }
        }));
        return worker;
    }

    public Task StartInstanceAsync(string instanceId, string? input = null) =>
        Engine.StartInstanceAsync(new StartCommand(instanceId, Guid.NewGuid().ToString(), "saga") { Input = input }, CancellationToken.None);

    public async Task<InstanceDocument> FinishedAsync(string instanceId)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        return await Engine.WaitForEndAsync(instanceId, deadline.Token)
            ?? throw new InvalidOperationException($"{instanceId} does not exist");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // At once: a store that has died never answers.
        await Engine.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Engine.Dispose();
        _stop.Dispose();
    }
}
