using Dapr.Workflow.Protocol;

namespace Dapr.Workflow.Replay;

/// <summary>
/// Everything the code asked for, numbered in the order of its calls. The numbers tie commands to the history: a recorded
/// event names the number it was asked under, and its outcome names it again.
/// </summary>
internal sealed class PendingCommands
{
    private readonly List<ScheduledCommand> _commands = [];

    public int NextId => _commands.Count;

    public bool AnyOpen => _commands.Exists(command => command.IsOpen);

    /// <summary>What the history does not hold yet, in order: the actions of the turn.</summary>
    public IEnumerable<ScheduledCommand> Unrecorded => _commands.Where(command => !command.IsRecorded);

    public ScheduledCommand Add(WorkflowAction action, bool isAwaited = true, Action? whenFired = null)
    {
        action.Id = NextId;
        var command = new ScheduledCommand(action, isAwaited) { WhenFired = whenFired };
        _commands.Add(command);
        return command;
    }

    /// <summary>Ties a recorded request to the command of the same number, which must be of the same shape.</summary>
    public void Record(HistoryEvent recorded, int position)
    {
        var shape = CommandShape.Of(recorded);
        var command = Find(recorded.EventId)
            ?? throw new NonDeterministicWorkflowException(DeterminismMessages.Missing(shape.Describe(recorded.EventId), position));
        if (!command.Shape.Matches(shape))
        {
            throw new NonDeterministicWorkflowException(
                DeterminismMessages.Differs(shape.Describe(recorded.EventId), command.Shape.Describe(command.Id), position));
        }

        command.IsRecorded = true;
    }

    /// <summary>The command that an outcome belongs to.</summary>
    public ScheduledCommand Get(int id, string outcome, int position) =>
        Find(id) ?? throw new NonDeterministicWorkflowException(DeterminismMessages.UnknownTask(outcome, id, position));

    private ScheduledCommand? Find(int id) => id >= 0 && id < _commands.Count ? _commands[id] : null;
}
