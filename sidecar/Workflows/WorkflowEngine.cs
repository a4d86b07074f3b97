using System.Collections.Concurrent;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Grpc.DurableTask;
using Sidecar.Host;
using Sidecar.Scheduling;

namespace Sidecar.Workflows;

/// <summary>
/// The workflows of one app: finds the owner of an instance, and after a start every instance that was unfinished.
/// Replay is the worker's (dapr-contract.md 11.6); here are history, timers and dispatch.
/// </summary>
internal sealed partial class WorkflowEngine : IDisposable
{
    private const int RecoveriesAtOnce = 16;

    private readonly ConcurrentDictionary<string, LiveInstance> _live = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborted = new();
    private readonly TimerQueue _timers;
    private readonly TimeProvider _clock;
    private readonly ILogger<WorkflowEngine> _logger;
    private readonly Lazy<EngineContext> _context;
    private Task _recovery = Task.CompletedTask;

    public WorkflowEngine(
        SidecarOptions options, ComponentRegistry components, WorkflowLimits limits, TimeProvider clock, ILogger<WorkflowEngine> logger)
    {
        _clock = clock;
        _logger = logger;
        Stopping = _stopping.Token;
        _timers = new TimerQueue(clock, instanceId => PostTo(instanceId, new Wake()));
        Dispatcher = new WorkDispatcher(limits, clock);

        // At the first use: the components are loaded after this is constructed.
        _context = new Lazy<EngineContext>(() => new EngineContext(
            options.AppId,
            new InstanceStore(FindStore(components), new InstanceKeys(options.AppId, options.Namespace)),
            Dispatcher,
            _timers,
            clock,
            logger,
            SendAsync,
            Forget,
            _stopping.Token,
            _aborted.Token));
    }

    public WorkDispatcher Dispatcher { get; }

    /// <summary>Set when the sidecar stops: streams and waiting calls end.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Finds unfinished instances in the background; the sidecar does not wait for it.</summary>
    public void Start() => _recovery = Task.Run(RecoverAsync);

    /// <summary>Ends waiting calls and lets the commits in hand finish.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        foreach (var live in _live.Values)
        {
            // A step is what tells the clients that wait for this instance.
            live.Post(new Wake());
        }

        await using var abort = cancellationToken.Register(_aborted.Cancel);
        await Task.WhenAll(_live.Values.Select(instance => instance.Idle).Append(_recovery));
    }

    /// <summary>Durable when it returns. Refused with AlreadyExists while an instance with this id is active.</summary>
    public async Task StartInstanceAsync(StartCommand command, CancellationToken cancellationToken) =>
        await CommandAsync(command.InstanceId, (current, now) => InstanceCommands.Start(current, command, now), cancellationToken);

    /// <summary>Durable when it returns.</summary>
    public async Task RaiseEventAsync(string instanceId, string name, string? input, CancellationToken cancellationToken) =>
        await CommandAsync(instanceId, (current, now) => InstanceCommands.Raise(current, name, input, now), cancellationToken);

    public async Task TerminateAsync(string instanceId, string? output, bool recurse, CancellationToken cancellationToken) =>
        await CommandAsync(instanceId, (current, now) => InstanceCommands.Terminate(current, output, recurse, now), cancellationToken);

    /// <summary>Suspended when it returns, or finished.</summary>
    public async Task SuspendAsync(string instanceId, string? reason, CancellationToken cancellationToken) =>
        await CommandAsync(instanceId, (current, now) => InstanceCommands.Suspend(current, reason, now), cancellationToken);

    /// <summary>No longer suspended when it returns.</summary>
    public async Task ResumeAsync(string instanceId, string? reason, CancellationToken cancellationToken) =>
        await CommandAsync(instanceId, (current, now) => InstanceCommands.Resume(current, reason, now), cancellationToken);

    /// <param name="recursive">Its child workflows go first, those that are there; one that is still running refuses all without force.</param>
    /// <returns>How many instances were purged.</returns>
    public async Task<int> PurgeAsync(string instanceId, bool force, bool recursive, CancellationToken cancellationToken)
    {
        var purged = 1;
        if (recursive)
        {
            var history = await HistoryAsync(instanceId, cancellationToken);
            foreach (var childId in history.Select(happened => happened.ChildWorkflowInstanceCreated?.InstanceId).OfType<string>().Distinct())
            {
                try
                {
                    purged += await PurgeAsync(childId, force, recursive, cancellationToken);
                }
                catch (WorkflowException absent) when (absent.Fault == WorkflowFault.NotFound)
                {
                    // Purged on its own before.
                }
            }
        }

        await CommandAsync(instanceId, (current, _) => InstanceCommands.Purge(current, force), cancellationToken);
        return purged;
    }

    /// <summary>Null when there is no such instance.</summary>
    public async Task<InstanceDocument?> GetAsync(string instanceId, CancellationToken cancellationToken) =>
        _live.TryGetValue(instanceId, out var live) && live.TryRead(out var document)
            ? document
            : await WaitAsync(instanceId, _ => true, cancellationToken);

    /// <summary>Waits until the instance is as wanted; null when there is none.</summary>
    public async Task<InstanceDocument?> WaitAsync(string instanceId, Func<InstanceDocument, bool> until, CancellationToken cancellationToken)
    {
        var watch = new Watch(until, cancellationToken);
        PostTo(instanceId, watch);

        // The wake-up makes the instance drop the watch of a client that has gone.
        await using var gone = cancellationToken.Register(() => _live.GetValueOrDefault(instanceId)?.Post(new Wake()));
        return await watch.Reached.WaitAsync(cancellationToken);
    }

    /// <summary>Empty when there is no such instance.</summary>
    public async Task<IReadOnlyList<HistoryEvent>> HistoryAsync(string instanceId, CancellationToken cancellationToken)
    {
        var read = new ReadHistory();
        PostTo(instanceId, read);
        return await read.Events.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _timers.Dispose();
        _stopping.Dispose();
        _aborted.Dispose();
    }

    private async Task CommandAsync(
        string instanceId, Func<InstanceDocument?, DateTimeOffset, Verdict> decide, CancellationToken cancellationToken)
    {
        var command = new ClientCommand(decide);
        PostTo(instanceId, command);
        await command.Settled.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// What an instance decided about another one. A child that cannot be started, because another workflow lives under its
    /// id, counts as failed; who is gone need not be told.
    /// </summary>
    private async Task SendAsync(string senderId, OutgoingMessage message)
    {
        try
        {
            await CommandAsync(message.InstanceId, Decide, _stopping.Token);
        }
        catch (WorkflowException refusal) when (refusal.Fault == WorkflowFault.NotFound)
        {
            LogGone(_logger, message.InstanceId, senderId);
        }
        catch (WorkflowException refusal) when (refusal.Fault == WorkflowFault.AlreadyExists && message.StartChild is { } start)
        {
            var failure = new TaskFailureDetails { ErrorType = "AlreadyExists", ErrorMessage = refusal.Message };
            var parent = start.ParentInstance;
            await CommandAsync(
                senderId,
                (current, now) => InstanceCommands.FinishChild(
                    current, parent.WorkflowInstance.ExecutionId ?? "", HistoryEvents.ChildFailed(parent.TaskScheduledId, failure, now)),
                _stopping.Token);
        }

        Verdict Decide(InstanceDocument? current, DateTimeOffset now) => message.MessageCase switch
        {
            OutgoingMessage.MessageOneofCase.StartChild => InstanceCommands.StartChild(current, message.StartChild, now),
            OutgoingMessage.MessageOneofCase.ChildEnded => InstanceCommands.FinishChild(current, message.ChildEnded.ParentExecutionId, message.ChildEnded.Happened),
            _ => InstanceCommands.Terminate(current, message.Terminate.Input, message.Terminate.Recurse, now),
        };
    }

    private void PostTo(string instanceId, InstanceInput input)
    {
        LiveInstance live;
        do
        {
            if (_stopping.IsCancellationRequested)
            {
                input.GiveUp(new WorkflowException(WorkflowFault.Unavailable, "the sidecar is stopping"));
                return;
            }

            live = _live.GetOrAdd(instanceId, static (id, context) => new LiveInstance(id, context), _context.Value);
        }
        while (!live.TryPost(input));
    }

    private void Forget(string instanceId, LiveInstance live) => _live.TryRemove(KeyValuePair.Create(instanceId, live));

    private async Task RecoverAsync()
    {
        var backoff = new Backoff(_clock);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                LogRecovered(_logger, await RecoverOnceAsync());
                return;
            }
            catch (WorkflowException error) when (error.Fault == WorkflowFault.NotConfigured)
            {
                // Said to whoever calls the workflow API; most apps never do.
                return;
            }
            catch (ComponentException error)
            {
                LogRecoveryFailed(_logger, error);
                await backoff.WaitUnlessAsync(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<int> RecoverOnceAsync()
    {
        var found = 0;
        List<Task> loading = [];
        await foreach (var (instanceId, executionId) in _context.Value.Store.MarkersAsync(_stopping.Token))
        {
            PostTo(instanceId, new Recovered(executionId));
            found++;

            // A few at once, so that clients' reads and commits get their share of the store.
            loading.Add(_live.TryGetValue(instanceId, out var live) ? live.Idle : Task.CompletedTask);
            if (loading.Count == RecoveriesAtOnce)
            {
                loading.Remove(await Task.WhenAny(loading).WaitAsync(_stopping.Token));
            }
        }

        return found;
    }

    private static IStateStore FindStore(ComponentRegistry components)
    {
        var marked = components.ActorStateStore
            ?? throw new WorkflowException(
                WorkflowFault.NotConfigured,
                "the state store is not configured to use the actor runtime: workflows need one state component with the metadata actorStateStore: \"true\"");
        var store = (IStateStore)marked.Instance;
        return store.Capabilities.HasFlag(StateCapabilities.Etag | StateCapabilities.KeysLike)
            ? store
            : throw new WorkflowException(
                WorkflowFault.NotConfigured,
                $"the state store '{marked.Spec.Name}' ({marked.Spec.Type}) cannot hold workflows: it must support ETags and listing its keys");
    }

    [LoggerMessage(LogLevel.Debug, "Workflow {InstanceId} is gone and need not hear from {SenderId}")]
    private static partial void LogGone(ILogger logger, string instanceId, string senderId);

    [LoggerMessage(LogLevel.Debug, "{Count} unfinished workflows were found")]
    private static partial void LogRecovered(ILogger logger, int count);

    [LoggerMessage(LogLevel.Warning, "Unfinished workflows could not be listed; trying again")]
    private static partial void LogRecoveryFailed(ILogger logger, Exception error);
}
