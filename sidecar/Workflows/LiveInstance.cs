using Google.Protobuf.WellKnownTypes;
using Sidecar.Components;
using Sidecar.Grpc.DurableTask;
using Sidecar.Scheduling;

namespace Sidecar.Workflows;

/// <summary>
/// The single owner of one instance while it is in memory. Inputs queue here and one loop takes all that arrived while
/// the last step ran: decide each on the working document, commit once, answer, dispatch. Since nobody else writes the
/// document a step needs no read; should another writer appear all the same, its swap wins and this starts over from it.
/// </summary>
internal sealed partial class LiveInstance
{
    private readonly string _instanceId;
    private readonly EngineContext _engine;
    private readonly Lock _gate = new();
    private List<InstanceInput> _queue = [];
    private Task _loop = Task.CompletedTask;
    private bool _running;
    private bool _retired;
    private volatile Committed? _published;

    // Only the loop touches what follows.
    private readonly List<(InstanceInput Input, WorkflowException? Refusal)> _undecided = [];
    private readonly List<Watch> _watches = [];
    private readonly OutstandingWork _outstanding;
    private readonly Outbox _outbox;
    private readonly InstanceUpkeep _upkeep;
    private StoredDocument? _stored;
    private InstanceDocument? _working;
    private List<HistoryEvent> _paged = [];
    private bool _loaded;
    private bool _dirty;
    private bool _marked;

    public LiveInstance(string instanceId, EngineContext engine)
    {
        _instanceId = instanceId;
        _engine = engine;
        _outstanding = new OutstandingWork(this, instanceId, engine.Dispatcher);
        _outbox = new Outbox(this, instanceId, engine);
        _upkeep = new InstanceUpkeep(engine.Store, instanceId);
    }

    private sealed record Committed(InstanceDocument? Document);

    /// <summary>Completes when the loop has nothing to do.</summary>
    public Task Idle
    {
        get
        {
            lock (_gate)
            {
                return _loop;
            }
        }
    }

    /// <summary>The document as last committed, without waiting for the loop; false while it is not loaded.</summary>
    public bool TryRead(out InstanceDocument? document)
    {
        var published = _published;
        document = published?.Document.Existing();
        return published is not null;
    }

    /// <summary>For inputs of the engine itself, which mean nothing to an instance that has left memory.</summary>
    public void Post(InstanceInput input) => _ = TryPost(input);

    /// <summary>False when the instance has left memory; ask the engine for the new owner.</summary>
    public bool TryPost(InstanceInput input)
    {
        lock (_gate)
        {
            if (_retired)
            {
                return false;
            }

            _queue.Add(input);
            if (!_running)
            {
                _running = true;
                _loop = Task.Run(RunAsync);
            }

            return true;
        }
    }

    private async Task RunAsync()
    {
        var backoff = new Backoff(_engine.Clock);
        while (TakeInputs() is { } inputs)
        {
            try
            {
                await StepAsync(inputs);
                backoff = new Backoff(_engine.Clock);
            }
            catch (OperationCanceledException) when (_engine.Stopping.IsCancellationRequested)
            {
                GiveUp(inputs, "the sidecar is stopping");
            }
#pragma warning disable CA1031 // The boundary of the loop: a driver that throws anything but its own exception must not leave callers hanging and the instance dead.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogStepFailed(_engine.Logger, _instanceId, error);
                GiveUp(inputs, error.Message);
                Reset(null);
                _loaded = false;
                _published = null;
                Post(new Wake());
                await backoff.WaitUnlessAsync(_engine.Stopping);
            }
        }
    }

    private List<InstanceInput>? TakeInputs()
    {
        lock (_gate)
        {
            if (_queue.Count > 0)
            {
                var inputs = _queue;
                _queue = [];
                return inputs;
            }

            _running = false;
            if (_watches.Count == 0 && !_dirty && (!_loaded || _working is null || _working.IsSettled()))
            {
                _retired = true;
                _engine.Forget(_instanceId, this);
            }

            return null;
        }
    }

    private async Task StepAsync(List<InstanceInput> inputs)
    {
        if (_engine.Stopping.IsCancellationRequested)
        {
            await StopAsync();
        }

        if (!_engine.Holds(_instanceId) || inputs.Exists(input => input is LetGo))
        {
            await LetGoAsync(inputs);
            return;
        }

        if (!_dirty && inputs.Exists(input => input is Refresh))
        {
            Reset(null);
            _loaded = false;
        }

        if ((!_loaded || MissesPages(inputs)) && !await LoadAsync(inputs))
        {
            return;
        }

        foreach (var input in inputs)
        {
            Take(input);
        }

        // What came from workers and timers may ride with the turn that it starts, whose end commits both: one swap
        // per step instead of two. With no turn to ride with it is committed now.
        if (_dirty && (_undecided.Exists(entry => entry.Input.MustCommit) || !CanRideWithTurn()))
        {
            await CommitAsync();
        }

        if (!_dirty)
        {
            Publish();
        }

        BeginTurn();
        if (!_dirty)
        {
            await TidyAsync(inputs);
        }
    }

    /// <summary>Keeps the results that ride with a turn which will not end any more: else their activities would run again.</summary>
    private async Task StopAsync()
    {
        if (_dirty)
        {
            await CommitAsync();
        }

        throw new OperationCanceledException(_engine.Stopping);
    }

    /// <summary>Leaves the instance to its new owner. Work in hand is withdrawn: the owner hands it out again.</summary>
    private async Task LetGoAsync(List<InstanceInput> inputs)
    {
        if (_dirty)
        {
            await CommitAsync();
            Publish();
        }

        Reset(null);
        _loaded = false;
        _published = null;
        _engine.Timers.Set(_instanceId, null);
        var moved = new WorkflowException(WorkflowFault.Moved, "another sidecar of the app owns the workflow now");
        _watches.ForEach(watch => watch.GiveUp(moved));
        _watches.Clear();
        inputs.ForEach(input => input.GiveUp(moved));
    }

    private void Take(InstanceInput input)
    {
        switch (input)
        {
            case Watch watch:
                _watches.Add(watch);
                break;
            case ReadHistory read:
                read.Answer(_working is null ? [] : [.. _paged, .. _working.Tail]);
                break;
            case TurnFinished finished when !_outstanding.TryEndTurn(finished):
                break;
            default:
                Decide(input);
                break;
        }
    }

    private void Decide(InstanceInput input)
    {
        var now = _engine.Clock.GetUtcNow();
        var verdict = input is TurnFinished finished ? EndTurn(finished, now) : input.Decide(_working, now);
        _undecided.Add((input, verdict.Refusal));
        if (verdict.Next is { } next)
        {
            if (next.Existing()?.IsFinished() == true && _working?.IsFinished() == false)
            {
                next.PurgeAt = _engine.Retention.PurgeAt(next)?.ToTimestamp();
            }

            // A new execution begins with an empty history.
            _paged = next.ExecutionId == _working?.ExecutionId ? _paged : [];
            _working = next;
            _dirty = true;
        }
    }

    private Verdict EndTurn(TurnFinished finished, DateTimeOffset now)
    {
        if (_working is null || _working.IsFinished() || _working.ExecutionId != finished.Work.ExecutionId)
        {
            return Verdict.Unchanged;
        }

        return Verdict.Change(TurnDecision.Complete(
            _working, finished.Work.Started, finished.Work.Taken, finished.Response, _engine.AppId, now));
    }

    // The pages of a finished instance are read only for those who ask for its history.
    private bool MissesPages(List<InstanceInput> inputs) =>
        _working is { } document && _paged.Count < document.Pages * InstanceStore.PageSize
        && inputs.Exists(input => input is ReadHistory);

    private bool CanRideWithTurn() =>
        !_outstanding.HasTurn && _working!.HasTurn(_engine.Clock.GetUtcNow()) && _engine.Dispatcher.ConnectedWorkers > 0;

    /// <summary>Reads the instance. Clients are told of the first failure; for the engine's own inputs it tries until it can.</summary>
    private async Task<bool> LoadAsync(List<InstanceInput> inputs)
    {
        var backoff = new Backoff(_engine.Clock);
        while (true)
        {
            try
            {
                var found = await _engine.Store.LoadAsync(_instanceId, _engine.Aborted);
                var finished = found is null || found.Document.IsFinished();
                _paged = found is null || (finished && !inputs.Exists(input => input is ReadHistory))
                    ? []
                    : await _engine.Store.LoadPagesAsync(found.Document, _engine.Aborted);
                _stored = found;
                _working = found?.Document;
                _marked = found is not null && (found.Document.Purged || !found.Document.IsDone());
                _loaded = true;
                return true;
            }
            catch (ComponentException error)
            {
                LogStoreFailed(_engine.Logger, _instanceId, error);
                inputs.ForEach(input => input.GiveUp(Unavailable(error.Message)));
                if (inputs.RemoveAll(input => input is Wake or Recovered or Refresh or ActivityFinished) == 0)
                {
                    return false;
                }

                inputs.Clear();
                inputs.Add(new Wake());
                GiveUpQueuedClients(error.Message);
                await backoff.WaitAsync(_engine.Stopping);
            }
        }
    }

    /// <summary>
    /// Swaps the working document in. When another writer was first, everything undecided is decided again on what it
    /// wrote. When the store fails, the same bytes are tried until it answers: nothing is built on an unknown commit.
    /// </summary>
    private async Task CommitAsync()
    {
        var backoff = new Backoff(_engine.Clock);
        _working!.CommitId = RandomId.NewUuid();
        while (_dirty)
        {
            try
            {
                if (_working.Purged || _stored?.Document.ExecutionId != _working.ExecutionId)
                {
                    // Before the document: an instance that nothing finds after a crash would be lost.
                    _marked = true;
                    await _engine.Store.WriteMarkerAsync(_instanceId, _working.ExecutionId, _engine.Aborted);
                }

                var outcome = await _engine.Store.SwapAsync(_stored, _working, _engine.Aborted);
                if (outcome.IsCommitted)
                {
                    _stored = outcome.Committed;
                    _dirty = false;
                }
                else
                {
                    LogLost(_engine.Logger, _instanceId);
                    await StartOverAsync(outcome.Lost);
                }
            }
            catch (ComponentException error)
            {
                LogStoreFailed(_engine.Logger, _instanceId, error);
                // The queue first: whoever asks again on hearing of this failure waits for the next attempt.
                GiveUpQueuedClients(error.Message);
                _undecided.ForEach(entry => entry.Input.GiveUp(Unavailable(error.Message)));
                await backoff.WaitAsync(_engine.Stopping);
            }
        }
    }

    private async Task StartOverAsync(StoredDocument? current)
    {
        var paged = current is null || current.Document.IsFinished() ? [] : await _engine.Store.LoadPagesAsync(current.Document, _engine.Aborted);
        var again = _undecided.ConvertAll(entry => entry.Input);
        Reset(current);
        _paged = paged;
        foreach (var input in again.Where(input => input is not TurnFinished))
        {
            Decide(input);
        }

        if (_dirty)
        {
            _working!.CommitId = RandomId.NewUuid();
        }
    }

    private void Reset(StoredDocument? current)
    {
        _outstanding.Withdraw();
        _outbox.Forget();
        _undecided.Clear();
        _paged = [];
        _stored = current;
        _working = current?.Document;
        _dirty = false;
    }

    /// <summary>Tells everybody what is now durable: clients, workers, the timer queue.</summary>
    private void Publish()
    {
        // The timers first: whoever sees the document may move the clock.
        _engine.Timers.Set(_instanceId, _working?.NextDue(_engine.Clock.GetUtcNow()));
        _published = new Committed(_working);
        foreach (var (input, refusal) in _undecided)
        {
            input.Settle(refusal);
        }

        _undecided.Clear();
        _watches.RemoveAll(watch => watch.TryAnswer(_working));
        _outstanding.Follow(_working);
        _outbox.Follow(_working);
    }

    private void BeginTurn()
    {
        if (!_outstanding.HasTurn && _working is { } document && document.HasTurn(_engine.Clock.GetUtcNow()))
        {
            _outstanding.BeginTurn(document, _paged);
        }
    }

    /// <summary>
    /// What is derived from the committed document: pages written before a later swap forgets their events, leftovers
    /// deleted. A failure here loses nothing; it is done again after the next step or the next start.
    /// </summary>
    private async Task TidyAsync(List<InstanceInput> inputs)
    {
        try
        {
            foreach (var recovered in inputs.OfType<Recovered>().Where(recovered => recovered.ExecutionId != _working?.ExecutionId))
            {
                await _engine.Store.DeleteMarkerAsync(_instanceId, recovered.ExecutionId, _engine.Aborted);
            }

            if (_working is null)
            {
                return;
            }

            _marked |= inputs.Exists(input => input is Recovered);
            if (_marked && _working.Retired.Count > 0)
            {
                _working = await _upkeep.ForgetRetiredAsync(_working, _engine.Aborted);
            }

            if (_working is { Purged: true, Outgoing.Count: 0 })
            {
                await _upkeep.FinishPurgeAsync(_stored!, _engine.Aborted);
                Reset(null);
                _published = new Committed(null);
                _marked = false;
            }
            else if (!_working.IsFinished())
            {
                _working = await _upkeep.WritePagesAsync(_working, _paged, _engine.Aborted);
            }
            else if (_marked && _working.IsDone())
            {
                await _engine.Store.DeleteMarkerAsync(_instanceId, _working.ExecutionId, _engine.Aborted);
                _marked = false;
            }
        }
        catch (ComponentException error)
        {
            LogTidyFailed(_engine.Logger, _instanceId, error);
        }
    }

    private void GiveUp(List<InstanceInput> inputs, string reason)
    {
        var unavailable = Unavailable(reason);
        inputs.ForEach(input => input.GiveUp(unavailable));
        _undecided.ForEach(entry => entry.Input.GiveUp(unavailable));
        _watches.ForEach(watch => watch.GiveUp(unavailable));
        _watches.Clear();
    }

    private void GiveUpQueuedClients(string reason)
    {
        List<InstanceInput> clients;
        lock (_gate)
        {
            clients = _queue.FindAll(IsClients);
            _queue.RemoveAll(IsClients);
        }

        clients.ForEach(client => client.GiveUp(Unavailable(reason)));
    }

    private static bool IsClients(InstanceInput input) => input is ClientCommand or Watch or ReadHistory;

    private static WorkflowException Unavailable(string reason) => new(WorkflowFault.Unavailable, reason);

    [LoggerMessage(LogLevel.Error, "Workflow {InstanceId} could not be worked on; it is loaded anew")]
    private static partial void LogStepFailed(ILogger logger, string instanceId, Exception error);

    [LoggerMessage(LogLevel.Warning, "The state store failed for workflow {InstanceId}; trying again")]
    private static partial void LogStoreFailed(ILogger logger, string instanceId, Exception error);

    [LoggerMessage(LogLevel.Warning, "Leftovers of workflow {InstanceId} stay in the state store until its next step or the next start")]
    private static partial void LogTidyFailed(ILogger logger, string instanceId, Exception error);

    [LoggerMessage(LogLevel.Warning, "Another writer changed workflow {InstanceId}; starting over from what it wrote")]
    private static partial void LogLost(ILogger logger, string instanceId);
}
