using System.Collections.Concurrent;
using Sidecar.Actors.Placement;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Grpc.DurableTask;
using Sidecar.Host;
using Sidecar.Scheduling;
using Sidecar.Workflows.Sharing;

namespace Sidecar.Workflows;

/// <summary>
/// The workflows of one app: finds the owner of an instance, and after a start every instance that was unfinished.
/// Replay is the worker's (dapr-contract.md 11.6); here are history, timers and dispatch.
/// </summary>
internal sealed partial class WorkflowEngine : IDisposable
{
    private const int RecoveriesAtOnce = 16;

    /// <summary>A store that does not answer must not keep the instances from their new owner longer than this.</summary>
    private static readonly TimeSpan LongestLetGo = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<string, LiveInstance> _live = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborted = new();
    private readonly TimerQueue _timers;
    private readonly TimeProvider _clock;
    private readonly ILogger<WorkflowEngine> _logger;
    private readonly Lazy<EngineContext> _context;
    private readonly WorkflowSharing _sharing;
    private readonly Lock _gate = new();
    private Task _recovery = Task.CompletedTask;

    public WorkflowEngine(
        SidecarOptions options, ComponentRegistry components, WorkflowLimits limits, IActorPlacement placement, TimeProvider clock, ILogger<WorkflowEngine> logger)
    {
        _clock = clock;
        _logger = logger;
        Stopping = _stopping.Token;
        _timers = new TimerQueue(clock, instanceId => PostTo(instanceId, new Wake()));
        Dispatcher = new WorkDispatcher(limits, clock);
        Host = new WorkflowHost(this, new InstanceKeys(options.AppId, options.Namespace).ActorType);
        _sharing = new WorkflowSharing(this, placement, clock);

        // At the first use: the components are loaded after this is constructed.
        _context = new Lazy<EngineContext>(() => new EngineContext(
            options.AppId,
            new InstanceStore(FindStore(components), new InstanceKeys(options.AppId, options.Namespace)),
            Dispatcher,
            limits.Retention,
            _timers,
            clock,
            logger,
            SendAsync,
            Host.Holds,
            Forget,
            _stopping.Token,
            _aborted.Token));
    }

    public WorkDispatcher Dispatcher { get; }

    /// <summary>This engine as the placement knows it.</summary>
    public WorkflowHost Host { get; }

    /// <summary>The instances in memory.</summary>
    internal IEnumerable<string> Live => _live.Keys;

    /// <summary>False while no state store is set up for workflows.</summary>
    internal bool HasStore
    {
        get
        {
            try
            {
                return _context.Value is not null;
            }
            catch (WorkflowException unset) when (unset.Fault == WorkflowFault.NotConfigured)
            {
                return false;
            }
        }
    }

    /// <summary>Set when the sidecar stops: streams and waiting calls end.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Finds unfinished instances in the background; the sidecar does not wait for it.</summary>
    public void Start()
    {
        Recover();
        _sharing.Start(_stopping.Token);
    }

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
        await _sharing.StopAsync(cancellationToken);
    }

    /// <summary>Durable when it returns. Refused with AlreadyExists while an instance with this id is active.</summary>
    public async Task StartInstanceAsync(StartCommand command, CancellationToken cancellationToken) =>
        await AskAsync(command.InstanceId, command.ToCall(), cancellationToken);

    /// <summary>Durable when it returns.</summary>
    public async Task RaiseEventAsync(string instanceId, string name, string? input, CancellationToken cancellationToken) =>
        await AskAsync(instanceId, new InstanceCall { Raise = new RaiseCall { Name = name, Input = input } }, cancellationToken);

    public async Task TerminateAsync(string instanceId, string? output, bool recurse, CancellationToken cancellationToken) =>
        await AskAsync(instanceId, new InstanceCall { Terminate = new TerminateCall { Output = output, Recurse = recurse } }, cancellationToken);

    /// <summary>Suspended when it returns, or finished.</summary>
    public async Task SuspendAsync(string instanceId, string? reason, CancellationToken cancellationToken) =>
        await AskAsync(instanceId, new InstanceCall { Suspend = new SuspendCall { Reason = reason } }, cancellationToken);

    /// <summary>No longer suspended when it returns.</summary>
    public async Task ResumeAsync(string instanceId, string? reason, CancellationToken cancellationToken) =>
        await AskAsync(instanceId, new InstanceCall { Resume = new ResumeCall { Reason = reason } }, cancellationToken);

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

        await AskAsync(instanceId, new InstanceCall { Purge = new PurgeCall { Force = force } }, cancellationToken);
        return purged;
    }

    /// <summary>Null when there is no such instance.</summary>
    public async Task<InstanceDocument?> GetAsync(string instanceId, CancellationToken cancellationToken) =>
        _live.TryGetValue(instanceId, out var live) && live.TryRead(out var document)
            ? document
            : await WaitAsync(instanceId, new WaitCall { Until = WaitCall.Types.Until.Read }, cancellationToken);

    /// <summary>Waits until the instance has left PENDING; null when there is none.</summary>
    /// <param name="executionId">With it, an execution that came after it ends the wait too.</param>
    public Task<InstanceDocument?> WaitForStartAsync(string instanceId, string? executionId, CancellationToken cancellationToken) =>
        WaitAsync(instanceId, new WaitCall { Until = WaitCall.Types.Until.Started, ExecutionId = executionId }, cancellationToken);

    /// <summary>Waits until the instance has ended; null when there is none.</summary>
    public Task<InstanceDocument?> WaitForEndAsync(string instanceId, CancellationToken cancellationToken) =>
        WaitAsync(instanceId, new WaitCall { Until = WaitCall.Types.Until.Finished }, cancellationToken);

    /// <summary>Empty when there is no such instance.</summary>
    public async Task<IReadOnlyList<HistoryEvent>> HistoryAsync(string instanceId, CancellationToken cancellationToken) =>
        (await AskAsync(instanceId, new InstanceCall { History = new HistoryCall() }, cancellationToken)).History;

    /// <summary>Ids of instances, finished ones too, in ordinal order. The token is for the next page; null: there is none.</summary>
    /// <param name="token">Of the page before; null: from the first on.</param>
    public async Task<(IReadOnlyList<string> Ids, string? Token)> ListAsync(string? token, int count, CancellationToken cancellationToken)
    {
        try
        {
            var (ids, hasMore) = await _context.Value.Store.ListAsync(token, count, cancellationToken);
            return (ids, hasMore ? ids[^1] : null);
        }
        catch (ComponentException failure)
        {
            throw new WorkflowException(WorkflowFault.Unavailable, failure.Message, failure);
        }
    }

    /// <summary>Answers a call here, whoever asks. Throws <see cref="WorkflowException"/>; Moved when another sidecar owns the instance.</summary>
    internal async Task<InstanceReply> AnswerAsync(string instanceId, InstanceCall call, CancellationToken cancellationToken)
    {
        var reply = new InstanceReply();
        if (call.Decision(instanceId) is { } decide)
        {
            var command = new ClientCommand(decide);
            PostTo(instanceId, command);
            await command.Settled.WaitAsync(cancellationToken);
        }
        else if (call.CallCase == InstanceCall.CallOneofCase.Wait)
        {
            reply.Document = await WatchAsync(instanceId, call.Wait.IsReached, cancellationToken);
        }
        else if (call.CallCase == InstanceCall.CallOneofCase.History)
        {
            var read = new ReadHistory();
            PostTo(instanceId, read);
            reply.History.AddRange(await read.Events.WaitAsync(cancellationToken));
        }
        else
        {
            PostTo(instanceId, new Refresh());
        }

        return reply;
    }

    /// <summary>Waits here until the instance is as wanted; null when there is none. Throws as <see cref="AnswerAsync"/>.</summary>
    internal async Task<InstanceDocument?> WatchAsync(string instanceId, Func<InstanceDocument, bool> until, CancellationToken cancellationToken)
    {
        var watch = new Watch(until, cancellationToken);
        PostTo(instanceId, watch);

        // The wake-up makes the instance drop the watch of a client that has gone.
        await using var gone = cancellationToken.Register(() => _live.GetValueOrDefault(instanceId)?.Post(new Wake()));
        return await watch.Reached.WaitAsync(cancellationToken);
    }

    /// <summary>Lets go of every instance that this engine does not hold any more. The wait is bounded: swaps keep the documents whole in any case.</summary>
    internal async Task LetGoAsync()
    {
        List<Task> gone = [];
        foreach (var (_, live) in _live.Where(entry => !Host.Holds(entry.Key)))
        {
            var letGo = new LetGo();
            if (live.TryPost(letGo))
            {
                gone.Add(letGo.Gone);
            }
        }

        await Task.WhenAll(gone).WaitAsync(LongestLetGo, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Leaves an instance that this engine served for want of an owner.</summary>
    internal void LetGo(string instanceId) => _live.GetValueOrDefault(instanceId)?.Post(new LetGo());

    /// <summary>Finds, in the background, the unfinished instances that this engine holds.</summary>
    internal void Recover()
    {
        lock (_gate)
        {
            _recovery = RecoverAfterAsync(_recovery);
        }
    }

    public void Dispose()
    {
        _timers.Dispose();
        _stopping.Dispose();
        _aborted.Dispose();
    }

    private async Task<InstanceDocument?> WaitAsync(string instanceId, WaitCall wait, CancellationToken cancellationToken) =>
        (await AskAsync(instanceId, new InstanceCall { Wait = wait }, cancellationToken)).Document;

    // Most instances are this engine's own: whoever holds one answers at once.
    private Task<InstanceReply> AskAsync(string instanceId, InstanceCall call, CancellationToken cancellationToken) =>
        _sharing.AskAsync(instanceId, call, cancellationToken);

    /// <summary>
    /// What an instance decided about another one. A child that cannot be started, because another workflow lives under its
    /// id, counts as failed; who is gone need not be told.
    /// </summary>
    private async Task SendAsync(string senderId, OutgoingMessage message)
    {
        try
        {
            await AskAsync(message.InstanceId, new InstanceCall { Message = message }, _stopping.Token);
        }
        catch (WorkflowException refusal) when (refusal.Fault == WorkflowFault.NotFound)
        {
            LogGone(_logger, message.InstanceId, senderId);
        }
        catch (WorkflowException refusal) when (refusal.Fault == WorkflowFault.AlreadyExists && message.StartChild is { } start)
        {
            var failure = new TaskFailureDetails { ErrorType = "AlreadyExists", ErrorMessage = refusal.Message };
            var parent = start.ParentInstance;
            var ended = new ChildEnded
            {
                ParentExecutionId = parent.WorkflowInstance.ExecutionId ?? "",
                Happened = HistoryEvents.ChildFailed(parent.TaskScheduledId, failure, _clock.GetUtcNow()),
            };
            await AskAsync(senderId, new InstanceCall { ChildEnded = ended }, _stopping.Token);
        }
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

    // One after the other: the owners may change again while the markers are read.
    private async Task RecoverAfterAsync(Task last)
    {
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        await RecoverAsync();
    }

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
            if (!await _sharing.IsOursAsync(instanceId, _stopping.Token))
            {
                continue;
            }

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
