using Sidecar.Grpc.DurableTask;

namespace Sidecar.Workflows;

/// <summary>What one instance has with the dispatcher: its turn, and the activities that are pending in its document.</summary>
internal sealed class OutstandingWork(LiveInstance owner, string instanceId, WorkDispatcher dispatcher)
{
    private readonly Dictionary<int, ActivityWork> _activities = [];
    private TurnWork? _turn;

    public bool HasTurn => _turn is not null;

    /// <summary>Ends the turn by its worker's answer; false when the answer is for a turn that was given up.</summary>
    public bool TryEndTurn(TurnFinished finished)
    {
        if (!ReferenceEquals(finished.Work, _turn))
        {
            return false;
        }

        _turn = null;
        return true;
    }

    public void BeginTurn(InstanceDocument document, IReadOnlyList<HistoryEvent> paged)
    {
        _turn = new TurnWork(owner, document.ExecutionId, instanceId, [.. paged, .. document.Tail], [.. document.Inbox]);
        dispatcher.Enqueue(_turn);
    }

    /// <summary>Hands over what the committed document newly asks for and takes back what it no longer does.</summary>
    public void Follow(InstanceDocument? committed)
    {
        if (committed is null || committed.IsFinished() || (_turn is not null && _turn.ExecutionId != committed.ExecutionId))
        {
            Withdraw();
        }

        var pending = committed is null || committed.IsFinished() ? [] : committed.Activities.ToDictionary(activity => activity.TaskId);
        foreach (var (taskId, work) in _activities.ToList())
        {
            if (!pending.ContainsKey(taskId) || work.ExecutionId != committed!.ExecutionId)
            {
                _activities.Remove(taskId);
                dispatcher.Withdraw(work);
            }
        }

        foreach (var (taskId, activity) in pending)
        {
            if (!_activities.ContainsKey(taskId))
            {
                var work = new ActivityWork(owner, committed!.ExecutionId, instanceId, activity);
                _activities.Add(taskId, work);
                dispatcher.Enqueue(work);
            }
        }
    }

    public void Withdraw()
    {
        if (_turn is not null)
        {
            dispatcher.Withdraw(_turn);
            _turn = null;
        }

        foreach (var work in _activities.Values)
        {
            dispatcher.Withdraw(work);
        }

        _activities.Clear();
    }
}
