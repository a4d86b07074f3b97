using Dapr.Workflow.Protocol;

namespace Dapr.Workflow.Replay;

/// <summary>What one turn asks of the runtime.</summary>
internal sealed record TurnOutcome(IReadOnlyList<WorkflowAction> Actions)
{
    /// <summary>Custom status as JSON; null when the code never set one.</summary>
    public string? CustomStatus { get; init; }

    /// <summary>Patches taken in this turn.</summary>
    public IReadOnlyList<string> Patches { get; init; } = [];

    /// <summary>Why the instance was failed without its code's doing; null when code and history agree.</summary>
    public string? Violation { get; init; }

    /// <summary>The execution has ended, with a result, a failure or a new run.</summary>
    public bool IsFinished => Actions is [.., { CompleteWorkflow: not null }];

    /// <summary>Ends the instance as failed, for a reason that its code did not throw.</summary>
    public static TurnOutcome Failed(TaskFailureDetails failure, string? violation = null) =>
        new([new WorkflowAction { CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = OrchestrationStatus.Failed, FailureDetails = failure } }])
        {
            Violation = violation,
        };

    /// <summary>Ends the instance because its code cannot be replayed; repeating it would not help.</summary>
    public static TurnOutcome NonDeterministic(string violation)
    {
        var failure = new NonDeterministicWorkflowException(violation).ToFailureDetails();
        failure.IsNonRetriable = true;
        return Failed(failure, violation);
    }
}
