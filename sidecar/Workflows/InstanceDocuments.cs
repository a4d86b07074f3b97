using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DurableTask;

namespace Sidecar.Workflows;

/// <summary>Reading and copying instance documents.</summary>
internal static class InstanceDocuments
{
    public static bool IsTerminal(this OrchestrationStatus status) => status
        is OrchestrationStatus.Completed or OrchestrationStatus.Failed
        or OrchestrationStatus.Canceled or OrchestrationStatus.Terminated;

    public static bool IsFinished(this InstanceDocument document) => document.Purged || document.Status.IsTerminal();

    /// <summary>True when nothing is left to do: neither for the workflow nor for others on its behalf.</summary>
    public static bool IsSettled(this InstanceDocument document) => document.IsFinished() && document.Outgoing.Count == 0;

    /// <summary>True when nothing is left to do, also not later.</summary>
    public static bool IsDone(this InstanceDocument document) => document.IsSettled() && document.PurgeAt is null;

    /// <summary>Null for a purged instance too: it only waits for its keys to be deleted.</summary>
    public static InstanceDocument? Existing(this InstanceDocument? document) => document is { Purged: false } ? document : null;

    /// <summary>
    /// A copy to change. Events and pending work are shared with the original, since nothing changes them once they
    /// stand in a document: copying a history of thousands costs one array of references.
    /// </summary>
    public static InstanceDocument Copy(this InstanceDocument source)
    {
        var copy = new InstanceDocument
        {
            CommitId = source.CommitId,
            InstanceId = source.InstanceId,
            ExecutionId = source.ExecutionId,
            Generation = source.Generation,
            Status = source.Status,
            Purged = source.Purged,
            Start = source.Start,
            Created = source.Created,
            LastUpdated = source.LastUpdated,
            StartedAt = source.StartedAt,
            Completed = source.Completed,
            CustomStatus = source.CustomStatus,
            Output = source.Output,
            Failure = source.Failure,
            Pages = source.Pages,
            PurgeAt = source.PurgeAt,
        };
        copy.Tail.AddRange(source.Tail);
        copy.Inbox.AddRange(source.Inbox);
        copy.Activities.AddRange(source.Activities);
        copy.Timers.AddRange(source.Timers);
        copy.Retired.AddRange(source.Retired);
        copy.Children.AddRange(source.Children);
        copy.Outgoing.AddRange(source.Outgoing);
        return copy;
    }

    /// <summary>When the instance next needs to be looked at though nobody calls: its scheduled start, its earliest timer, the end of its retention.</summary>
    public static DateTimeOffset? NextDue(this InstanceDocument document, DateTimeOffset now)
    {
        if (document.IsFinished())
        {
            return document.Existing()?.PurgeAt?.ToInstant();
        }

        DateTimeOffset? due = document.AwaitsStart(now) ? document.Start.ScheduledStartTimestamp.ToInstant() : null;
        foreach (var timer in document.Timers)
        {
            var fireAt = timer.FireAt.ToInstant();
            due = due is null || fireAt < due ? fireAt : due;
        }

        return due;
    }

    /// <summary>True while a scheduled start lies ahead.</summary>
    public static bool AwaitsStart(this InstanceDocument document, DateTimeOffset now) =>
        document.Status == OrchestrationStatus.Pending && document.Start.ScheduledStartTimestamp?.ToInstant() > now;

    /// <summary>True when there is something for a turn and its time has come. Of a suspended instance only its termination is.</summary>
    public static bool HasTurn(this InstanceDocument document, DateTimeOffset now) =>
        !document.IsFinished()
        && document.Inbox.Count > 0
        && !document.AwaitsStart(now)
        && (document.Status != OrchestrationStatus.Suspended || document.Inbox.Any(happened => happened.ExecutionTerminated is not null));

    /// <summary>A worker may send any number of seconds; what no calendar has is the end of time.</summary>
    public static DateTimeOffset ToInstant(this Timestamp timestamp)
    {
        if (timestamp.Seconds >= DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return DateTimeOffset.MaxValue;
        }

        return timestamp.Seconds <= DateTimeOffset.MinValue.ToUnixTimeSeconds()
            ? DateTimeOffset.MinValue
            : DateTimeOffset.FromUnixTimeSeconds(timestamp.Seconds).AddTicks(Math.Clamp(timestamp.Nanos, 0, 999_999_999) / 100);
    }
}
