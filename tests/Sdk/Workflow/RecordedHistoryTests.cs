using Dapr.Workflow.Protocol;
using Dapr.Workflow.Replay;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using EventType = Dapr.Workflow.Protocol.HistoryEvent.EventTypeOneofCase;

namespace DaprShop.Tests.Workflow;

/// <summary>Histories of finished instances, checked in: they must replay for ever, one of them must fail.</summary>
public sealed class RecordedHistoryTests
{
    [Theory]
    [InlineData("parcel-delivered.json", "Completed", "\"L-7 by Ada via north: thanks\"")]
    [InlineData("parcel-not-collected.json", "Completed", "\"not collected\"")]
    [InlineData("parcel-label-failed.json", "Failed", null)]
    public void RecordedHistory_ReplayedTurnByTurn_AsksForWhatWasRecorded(string file, string status, string? result)
    {
        var turns = SplitIntoTurns(Load(file));
        var past = new List<HistoryEvent>();
        TurnOutcome? last = null;

        foreach (var turn in turns)
        {
            var outcome = Replay(past, [.. turn.Where(recorded => !IsAction(recorded))]);
            Assert.Null(outcome.Violation);
            Assert.Equal(
                turn.Where(recorded => IsAction(recorded) && recorded.ExecutionCompleted is null),
                outcome.Actions.Where(action => action.CompleteWorkflow is null).Select(Events.Recorded));
            past.AddRange(turn);
            last = outcome;
        }

        var completion = last!.Actions[^1].CompleteWorkflow;
        Assert.Equal(status, completion.WorkflowStatus.ToString());
        Assert.Equal(result, completion.Result);
        Assert.Equal(past[^1].ExecutionCompleted.WorkflowStatus, completion.WorkflowStatus);
        Assert.Equal(past[^1].ExecutionCompleted.Result, completion.Result);
    }

    [Fact]
    public void RecordedHistory_OfOlderCodeThatCalledInAnotherOrder_FailsSayingWhatDiffers()
    {
        var turns = SplitIntoTurns(Load("parcel-older-code.json"));

        var outcome = Replay([.. turns[..^1].SelectMany(turn => turn)], turns[^1]);

        Assert.Equal(
            "The workflow code does not match its history: event 4 of the history records activity 'PrintLabel' (#1), but the code asked "
            + "for activity 'Weigh' (#1) at that place. Code that has running instances must keep making the same calls in the same order: "
            + "put the change behind context.IsPatched(...) or register it under a new workflow name, and take time, ids and random "
            + "values from the context.",
            outcome.Violation);
        Assert.Equal(OrchestrationStatus.Failed, Assert.Single(outcome.Actions).CompleteWorkflow.WorkflowStatus);
    }

    private static TurnOutcome Replay(IReadOnlyList<HistoryEvent> past, IReadOnlyList<HistoryEvent> fresh)
    {
        var started = WorkflowTurnInput.FindStart(past.Concat(fresh))!;
        return WorkflowTurn.Run(new WorkflowTurnInput(
            started.WorkflowInstance.InstanceId, started, past, fresh, new ParcelWorkflow(), WorkflowPlay.Serializer, NullLoggerFactory.Instance));
    }

    private static bool IsAction(HistoryEvent recorded) => recorded.EventTypeCase
        is EventType.TaskScheduled or EventType.TimerCreated or EventType.ChildWorkflowInstanceCreated or EventType.ExecutionCompleted;

    private static List<HistoryEvent[]> SplitIntoTurns(HistoryEvent[] history)
    {
        var starts = history.Select((recorded, index) => (recorded, index))
            .Where(entry => entry.recorded.WorkflowStarted is not null)
            .Select(entry => entry.index)
            .Append(history.Length)
            .ToArray();
        return [.. starts.Zip(starts.Skip(1), (from, to) => history.Skip(from).Take(to - from).ToArray())];
    }

    private static HistoryEvent[] Load(string file)
    {
        using var stream = typeof(RecordedHistoryTests).Assembly.GetManifestResourceStream($"Histories/{file}")
            ?? throw new FileNotFoundException(file);
        using var reader = new StreamReader(stream);
        return [.. JsonParser.Default.Parse<GetInstanceHistoryResponse>(reader).Events];
    }
}
