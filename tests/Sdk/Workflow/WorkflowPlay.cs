using System.Text.Json;
using Dapr.Common.Serialization;
using Dapr.Workflow;
using Dapr.Workflow.Protocol;
using Dapr.Workflow.Replay;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaprShop.Tests.Workflow;

/// <summary>
/// Plays the runtime's part in memory: feeds a turn the recorded history and its new events, and writes down what it asked
/// for. Every turn replays the code from its start, as a runtime without caches does.
/// </summary>
internal sealed class WorkflowPlay
{
    private static readonly DateTime Start = new(2026, 3, 4, 5, 6, 7, DateTimeKind.Utc);

    private readonly IWorkflow _workflow;
    private readonly List<HistoryEvent> _history = [];
    private DateTime _now = Start;

    public WorkflowPlay(IWorkflow workflow, object? input = null, ILoggerFactory? loggers = null)
    {
        _workflow = workflow;
        Loggers = loggers ?? NullLoggerFactory.Instance;
        Started = new HistoryEvent
        {
            EventId = -1,
            ExecutionStarted = new ExecutionStartedEvent
            {
                Name = "Play",
                Input = Serializer.Serialize(input),
                WorkflowInstance = new WorkflowInstance { InstanceId = "play-1", ExecutionId = "run-1" },
            },
        };
    }

    public static JsonDaprSerializer Serializer { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { IncludeFields = true });

    public static WorkflowPlay Of<TInput, TOutput>(Func<WorkflowContext, TInput, Task<TOutput>> code, object? input = null) =>
        new(new LambdaWorkflow<TInput, TOutput>(code), input);

    public ILoggerFactory Loggers { get; }

    public HistoryEvent Started { get; }

    public List<string> LateReports { get; } = [];

    public IReadOnlyList<HistoryEvent> History => _history;

    /// <summary>Time of the latest turn.</summary>
    public DateTime Now => _now;

    public TimeSpan SinceStart => _now - Start;

    public TurnOutcome Last { get; private set; } = new([]);

    public CompleteWorkflowAction? Completion => Last.Actions is [.., { CompleteWorkflow: { } completion }] ? completion : null;

    public string? Result => Completion?.Result;

    /// <summary>The last turn's requests as text: <c>0 activity A</c>.</summary>
    public IReadOnlyList<string> Requests => [.. Last.Actions.Select(Describe)];

    public TurnOutcome Begin(params HistoryEvent[] also) => Turn([Started, .. also]);

    public TurnOutcome Turn(params HistoryEvent[] events) => Turn(TimeSpan.FromSeconds(1), events);

    public TurnOutcome Turn(TimeSpan later, params HistoryEvent[] events)
    {
        _now += later;
        var fresh = new List<HistoryEvent> { Events.TurnStarted(_now) };
        fresh.AddRange(events);
        Last = WorkflowTurn.Run(Input(fresh));
        if (Last.Patches.Count > 0)
        {
            fresh[0].WorkflowStarted.Version = new WorkflowVersion { Patches = { Last.Patches } };
        }

        _history.AddRange(fresh);
        _history.AddRange(Last.Actions.Where(action => action.CompleteWorkflow is null).Select(Events.Recorded));
        return Last;
    }

    public WorkflowTurnInput Input(IReadOnlyList<HistoryEvent> fresh) =>
        new("play-1", Started.ExecutionStarted, _history, fresh, _workflow, Serializer, Loggers)
        {
            ReportAfterTurn = report =>
            {
                lock (LateReports)
                {
                    LateReports.Add(report);
                }
            },
        };

    /// <summary>Goes on as a runtime would until the workflow ends: activities answer at once, timers fire on time.</summary>
    public void RunToEnd(Func<ScheduleTaskAction, object?> activity)
    {
        if (_history.Count == 0)
        {
            Begin();
        }

        while (Completion is null)
        {
            foreach (var action in Last.Actions.ToArray())
            {
                if (action.ScheduleTask is not null)
                {
                    Turn(Answer(action, activity));
                }
                else if (action.CreateTimer is not null)
                {
                    Turn(action.CreateTimer.FireAt.ToDateTime() - _now, Events.TimerFired(action.Id));
                }
            }
        }
    }

    private static HistoryEvent Answer(WorkflowAction action, Func<ScheduleTaskAction, object?> activity)
    {
        try
        {
            return Events.TaskCompleted(action.Id, activity(action.ScheduleTask));
        }
        catch (InvalidOperationException failure)
        {
            return Events.TaskFailed(action.Id, failure.Message);
        }
    }

    private static string Describe(WorkflowAction action) => action.WorkflowActionTypeCase switch
    {
        WorkflowAction.WorkflowActionTypeOneofCase.ScheduleTask => $"{action.Id} activity {action.ScheduleTask.Name}",
        WorkflowAction.WorkflowActionTypeOneofCase.CreateChildWorkflow => $"{action.Id} child {action.CreateChildWorkflow.Name}",
        WorkflowAction.WorkflowActionTypeOneofCase.CreateTimer => $"{action.Id} timer {action.CreateTimer.OriginCase}",
        _ => $"{action.Id} {action.CompleteWorkflow.WorkflowStatus} {action.CompleteWorkflow.Result}".TrimEnd(),
    };
}
