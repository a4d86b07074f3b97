using Sidecar.Grpc.DurableTask;

namespace Sidecar.Workflows.Sharing;

/// <summary>What calls mean to an instance.</summary>
internal static class InstanceCalls
{
    public static InstanceCall ToCall(this StartCommand command)
    {
        var start = new StartCall
        {
            ExecutionId = command.ExecutionId,
            Name = command.Name,
            Version = command.Version,
            Input = command.Input,
            ScheduledStart = command.ScheduledStart,
            ParentTrace = command.ParentTrace,
            EnforceUniqueId = command.EnforceUniqueId,
        };
        foreach (var (name, value) in command.Tags)
        {
            start.Tags.Add(name, value);
        }

        return new InstanceCall { Start = start };
    }

    /// <summary>What a command decides; null for calls that only look.</summary>
    public static Func<InstanceDocument?, DateTimeOffset, Verdict>? Decision(this InstanceCall call, string instanceId) => call.CallCase switch
    {
        InstanceCall.CallOneofCase.Start => (current, now) => InstanceCommands.Start(current, ToCommand(instanceId, call.Start), now),
        InstanceCall.CallOneofCase.Raise => (current, now) => InstanceCommands.Raise(current, call.Raise.Name, call.Raise.Input, now),
        InstanceCall.CallOneofCase.Terminate => (current, now) => InstanceCommands.Terminate(current, call.Terminate.Output, call.Terminate.Recurse, now),
        InstanceCall.CallOneofCase.Suspend => (current, now) => InstanceCommands.Suspend(current, call.Suspend.Reason, now),
        InstanceCall.CallOneofCase.Resume => (current, now) => InstanceCommands.Resume(current, call.Resume.Reason, now),
        InstanceCall.CallOneofCase.Purge => (current, _) => InstanceCommands.Purge(current, call.Purge.Force),
        InstanceCall.CallOneofCase.Message => (current, now) => Decide(call.Message, current, now),
        InstanceCall.CallOneofCase.ChildEnded => (current, _) =>
            InstanceCommands.FinishChild(current, call.ChildEnded.ParentExecutionId, call.ChildEnded.Happened),
        _ => null,
    };

    public static bool IsReached(this WaitCall wait, InstanceDocument document) => wait.Until switch
    {
        WaitCall.Types.Until.Started => document.Status != OrchestrationStatus.Pending
            || (wait.ExecutionId is { } executionId && document.ExecutionId != executionId),
        WaitCall.Types.Until.Finished => document.IsFinished(),
        _ => true,
    };

    private static Verdict Decide(OutgoingMessage message, InstanceDocument? current, DateTimeOffset now) => message.MessageCase switch
    {
        OutgoingMessage.MessageOneofCase.StartChild => InstanceCommands.StartChild(current, message.StartChild, now),
        OutgoingMessage.MessageOneofCase.ChildEnded => InstanceCommands.FinishChild(current, message.ChildEnded.ParentExecutionId, message.ChildEnded.Happened),
        _ => InstanceCommands.Terminate(current, message.Terminate.Input, message.Terminate.Recurse, now),
    };

    private static StartCommand ToCommand(string instanceId, StartCall start) => new(instanceId, start.ExecutionId, start.Name)
    {
        Version = start.Version,
        Input = start.Input,
        ScheduledStart = start.ScheduledStart,
        EnforceUniqueId = start.EnforceUniqueId,
        ParentTrace = start.ParentTrace,
        Tags = start.Tags,
    };
}
