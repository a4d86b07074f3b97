using Sidecar.Grpc.DurableTask;

namespace Sidecar.Workflows;

/// <summary>
/// Hands turns and activities to the connected workers in turn, holds them while none is connected or a limit is
/// reached, and takes back what a lost worker had. Nothing here is durable: a restarted engine fills it from the documents.
/// </summary>
internal sealed class WorkDispatcher(WorkflowLimits limits, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly WorkLane<TurnWork> _turns = new(limits.Workflows);
    private readonly WorkLane<ActivityWork> _activities = new(limits.Activities);
    private readonly List<WorkerStream> _workers = [];
    private TaskCompletionSource _changed = NewSignal();
    private DateTimeOffset? _gone = clock.GetUtcNow();
    private int _next;

    public int ConnectedWorkers
    {
        get
        {
            lock (_gate)
            {
                return _workers.Count;
            }
        }
    }

    /// <summary>Since when no worker is connected; null while one is.</summary>
    public DateTimeOffset? WorkersGone
    {
        get
        {
            lock (_gate)
            {
                return _gone;
            }
        }
    }

    /// <summary>Returns when workers have come or gone since the last time, and after <paramref name="atMost"/> in any case.</summary>
    public async Task WorkersChangedAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        Task changed;
        lock (_gate)
        {
            changed = _changed.Task;
        }

        await changed.WaitAsync(atMost, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_changed.Task.IsCompleted)
            {
                _changed = NewSignal();
            }
        }
    }

    public WorkerStream Connect()
    {
        var worker = new WorkerStream(this);
        lock (_gate)
        {
            _workers.Add(worker);
            _gone = null;
            _changed.TrySetResult();
            Pump();
        }

        return worker;
    }

    public void Disconnect(WorkerStream worker)
    {
        lock (_gate)
        {
            if (_workers.Remove(worker))
            {
                _turns.TakeBack(worker);
                _activities.TakeBack(worker);
                _gone = _workers.Count == 0 ? clock.GetUtcNow() : null;
                _changed.TrySetResult();
                Pump();
            }
        }
    }

    public void Enqueue(Work work)
    {
        lock (_gate)
        {
            if (work is TurnWork turn)
            {
                _turns.Enqueue(turn);
            }
            else
            {
                _activities.Enqueue((ActivityWork)work);
            }

            Pump();
        }
    }

    public void Withdraw(Work work)
    {
        lock (_gate)
        {
            if (work is TurnWork turn)
            {
                _turns.Withdraw(turn);
            }
            else
            {
                _activities.Withdraw((ActivityWork)work);
            }

            Pump();
        }
    }

    public void Complete(WorkflowResponse response)
    {
        TurnWork? work;
        lock (_gate)
        {
            work = _turns.Complete(response.CompletionToken, response.InstanceId);
            Pump();
        }

        work?.Owner.Post(new TurnFinished(work, response));
    }

    public void Complete(ActivityResponse response)
    {
        ActivityWork? work;
        lock (_gate)
        {
            work = _activities.Complete(response.CompletionToken, ActivityWork.KeyOf(response.InstanceId, response.TaskId));
            Pump();
        }

        work?.Owner.Post(new ActivityFinished(work, response));
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Pump()
    {
        if (_workers.Count == 0)
        {
            return;
        }

        while (_turns.Take() is { } turn)
        {
            HandOver(_turns, turn);
        }

        while (_activities.Take() is { } activity)
        {
            HandOver(_activities, activity);
        }
    }

    private void HandOver<T>(WorkLane<T> lane, T work)
        where T : Work
    {
        _next = (_next + 1) % _workers.Count;
        var worker = _workers[_next];
        lane.HandOver(work, worker, RandomId.NewUuid());
        worker.Send(work.ToItem(clock.GetUtcNow()));
    }
}
