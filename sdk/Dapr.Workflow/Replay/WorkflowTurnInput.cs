using Dapr.Common.Serialization;
using Dapr.Workflow.Protocol;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Replay;

/// <summary>All that a turn depends on.</summary>
internal sealed record WorkflowTurnInput(
    string InstanceId,
    ExecutionStartedEvent Started,
    IReadOnlyList<HistoryEvent> PastEvents,
    IReadOnlyList<HistoryEvent> NewEvents,
    IWorkflow Workflow,
    IDaprSerializer Serializer,
    ILoggerFactory Loggers)
{
    public string Name => Started.Name;

    public string ExecutionId => Started.WorkflowInstance?.ExecutionId ?? string.Empty;

    /// <summary>Told of what the code does after its turn has ended.</summary>
    public Action<string> ReportAfterTurn { get; init; } = _ => { };

    /// <summary>The event that started the execution; null when the history lacks it.</summary>
    public static ExecutionStartedEvent? FindStart(IEnumerable<HistoryEvent> events) =>
        events.FirstOrDefault(candidate => candidate.ExecutionStarted is not null)?.ExecutionStarted;
}
