using Dapr.Common.Serialization;
using Dapr.Workflow.Protocol;
using EventType = Dapr.Workflow.Protocol.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Workflow.Replay;

/// <summary>
/// One turn of a workflow, a pure function from history to actions:
/// 1. the code is started by the event that started the execution, and runs until it waits;
/// 2. every further event is fed alone, and whatever it wakes runs to its next wait before the next event;
/// 3. requests that the history records must be those that the code makes, in number, kind and name;
/// 4. what is left over that the history does not record are the turn's actions;
/// 5. code that returned, threw or was terminated adds the action that completes the instance.
/// </summary>
internal sealed class WorkflowTurn
{
    private readonly IWorkflow _workflow;
    private readonly IDaprSerializer _serializer;
    private readonly ReplayContext _context;
    private readonly WorkflowThread _thread;
    private readonly List<(HistoryEvent Event, int Position)> _heldBack = [];

    private bool _started;
    private CodeEnd? _end;
    private int _position;
    private bool _suspended;
    private ExecutionTerminatedEvent? _terminated;

    private WorkflowTurn(WorkflowTurnInput input)
    {
        _workflow = input.Workflow;
        _serializer = input.Serializer;
        _thread = new WorkflowThread(input.ReportAfterTurn);
        _context = new ReplayContext(input.Name, input.InstanceId, input.ExecutionId, _thread, input.Serializer, input.Loggers);
    }

    public static TurnOutcome Run(WorkflowTurnInput input)
    {
        var turn = new WorkflowTurn(input);
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(turn._thread);
        try
        {
            turn.Feed(input.PastEvents, isPast: true);
            turn.Feed(input.NewEvents, isPast: false);
            turn._thread.Close();
            return turn._thread.Violation is { } violation ? TurnOutcome.NonDeterministic(violation) : turn.Conclude();
        }
        catch (NonDeterministicWorkflowException mismatch)
        {
            return TurnOutcome.NonDeterministic(turn._thread.Violation ?? mismatch.Message);
        }
        finally
        {
            turn._thread.Close();
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private void Feed(IReadOnlyList<HistoryEvent> events, bool isPast)
    {
        _context.IsPast = isPast;
        foreach (var next in events)
        {
            if (_terminated is not null || _thread.Violation is not null)
            {
                return;
            }

            _position++;
            Apply(next, _position);
        }
    }

    private void Apply(HistoryEvent next, int position)
    {
        switch (next.EventTypeCase)
        {
            case EventType.WorkflowStarted:
                BeginTurn(next, position);
                break;
            case EventType.ExecutionStarted:
                Start(next.ExecutionStarted);
                break;
            case EventType.TaskScheduled or EventType.TimerCreated or EventType.ChildWorkflowInstanceCreated:
                _context.Commands.Record(next, position);
                break;
            case EventType.EventSent or EventType.DetachedWorkflowInstanceCreated:
                throw new NonDeterministicWorkflowException(DeterminismMessages.NotFromThisSdk(next.EventTypeCase.ToString(), position));
            case EventType.ExecutionSuspended:
                _suspended = true;
                break;
            case EventType.ExecutionResumed:
                Resume();
                break;
            case EventType.ExecutionTerminated:
                // Not held back by a suspension. Code that has returned already keeps its result.
                _terminated = _end is null ? next.ExecutionTerminated : null;
                break;
            default:
                if (_suspended)
                {
                    _heldBack.Add((next, position));
                }
                else
                {
                    Deliver(next, position);
                }

                break;
        }
    }

    private void Deliver(HistoryEvent next, int position)
    {
        var commands = _context.Commands;
        switch (next.EventTypeCase)
        {
            case EventType.TaskCompleted:
                commands.Get(next.TaskCompleted.TaskScheduledId, "result", position).Complete(next.TaskCompleted.Result);
                break;
            case EventType.TaskFailed:
                var activity = next.TaskFailed.FailureDetails.ToPublic();
                commands.Get(next.TaskFailed.TaskScheduledId, "failure", position)
                    .Fail(new WorkflowTaskFailedException($"Task failed: {activity.ErrorMessage}", activity));
                break;
            case EventType.ChildWorkflowInstanceCompleted:
                commands.Get(next.ChildWorkflowInstanceCompleted.TaskScheduledId, "result", position)
                    .Complete(next.ChildWorkflowInstanceCompleted.Result);
                break;
            case EventType.ChildWorkflowInstanceFailed:
                var child = next.ChildWorkflowInstanceFailed.FailureDetails.ToPublic();
                var command = commands.Get(next.ChildWorkflowInstanceFailed.TaskScheduledId, "failure", position);
                command.Fail(new WorkflowTaskFailedException($"Child workflow '{command.Shape.Name}' failed: {child.ErrorMessage}", child));
                break;
            case EventType.TimerFired:
                commands.Get(next.TimerFired.TimerId, "firing", position).Complete(null);
                break;
            case EventType.EventRaised when _end is null:
                _context.Events.Raise(next);
                break;
            case EventType.EventRaised:
                _context.Events.Keep(next);
                break;
            default:
                // Marks of the runtime that tell the code nothing.
                break;
        }

        _thread.Pump();
    }

    // A new turn begins where the last one was recorded whole, so what the code asked for until here must be recorded. A
    // suspended instance hands in no actions, so its requests may be recorded by a later turn.
    private void BeginTurn(HistoryEvent next, int position)
    {
        if (!_suspended && _context.Commands.Unrecorded.FirstOrDefault() is { } added)
        {
            throw new NonDeterministicWorkflowException(DeterminismMessages.Added(added.Shape.Describe(added.Id), position));
        }

        if (!_suspended && _end is not null)
        {
            throw new NonDeterministicWorkflowException(DeterminismMessages.EndedEarly(position));
        }

        _context.Now = next.Timestamp?.ToDateTime() ?? _context.Now;
        _context.Patches.Record(next.WorkflowStarted.Version?.Patches ?? []);
    }

    private void Start(ExecutionStartedEvent started)
    {
        // A runtime may deliver the start twice.
        if (!_started)
        {
            _started = true;
            _ = RunCodeAsync(started);
            _thread.Pump();
        }
    }

    // Every await here brings the code's end back to this thread; an end on another thread shows as a foreign post instead.
    private async Task RunCodeAsync(ExecutionStartedEvent started)
    {
        try
        {
            var input = _serializer.Deserialize(started.Input, _workflow.InputType);
            var output = await _workflow.RunAsync(_context, input);
            _end = new CodeEnd(_serializer.Serialize(output), Failure: null);
        }
#pragma warning disable CA1031 // Workflow code may throw anything; it becomes the failure of its instance.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _end = new CodeEnd(Result: null, failure.ToFailureDetails());
        }
    }

    private void Resume()
    {
        _suspended = false;
        var held = _heldBack.ToArray();
        _heldBack.Clear();
        foreach (var (next, position) in held)
        {
            Deliver(next, position);
        }
    }

    private TurnOutcome Conclude()
    {
        if (_terminated is not null)
        {
            return Outcome([Completion(OrchestrationStatus.Terminated, _terminated.Input)]);
        }

        if (!_started)
        {
            return TurnOutcome.NonDeterministic("The history does not say how the execution started.");
        }

        if (_suspended)
        {
            return Outcome([]);
        }

        var actions = _context.Commands.Unrecorded.Select(command => command.Action);
        if (_end is not null)
        {
            return Outcome([.. actions, Completion(_end)]);
        }

        return _context.Commands.AnyOpen || _context.Events.AnyWaiting
            ? Outcome([.. actions])
            : TurnOutcome.NonDeterministic(DeterminismMessages.Stuck);
    }

    private TurnOutcome Outcome(IReadOnlyList<WorkflowAction> actions) =>
        new(actions) { CustomStatus = _context.CustomStatus, Patches = _context.Patches.Taken };

    private WorkflowAction Completion(CodeEnd end)
    {
        if (end.Failure is null)
        {
            return _context.NextRun is { } next
                ? NextRun(next.Input, next.KeepEvents)
                : Completion(OrchestrationStatus.Completed, end.Result);
        }

        var action = Completion(OrchestrationStatus.Failed, result: null);
        action.CompleteWorkflow.FailureDetails = end.Failure;
        return action;
    }

    private WorkflowAction NextRun(string input, bool keepEvents)
    {
        var action = Completion(OrchestrationStatus.ContinuedAsNew, input);
        if (keepEvents)
        {
            action.CompleteWorkflow.CarryoverEvents.AddRange(_context.Events.Unclaimed);
        }

        return action;
    }

    private WorkflowAction Completion(OrchestrationStatus status, string? result) => new()
    {
        Id = _context.Commands.NextId,
        CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = status, Result = result },
    };

    private sealed record CodeEnd(string? Result, TaskFailureDetails? Failure);
}
