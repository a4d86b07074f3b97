using Sidecar.Configuration;
using Sidecar.Grpc.DurableTask;

namespace Sidecar.Workflows;

/// <summary>spec.workflow.stateRetentionPolicy: after its end an instance is purged, each child workflow after its own. Null: it is kept.</summary>
internal sealed record RetentionPolicy(TimeSpan? AnyTerminal, TimeSpan? Completed, TimeSpan? Failed, TimeSpan? Terminated)
{
    public static RetentionPolicy Forever { get; } = new(null, null, null, null);

    /// <param name="earlier">Of an earlier file; this one wins member by member.</param>
    public static RetentionPolicy Read(YamlMember policy, RetentionPolicy earlier)
    {
        policy.KnownMembers("anyTerminal", "completed", "failed", "terminated");
        return new RetentionPolicy(
            policy["anyTerminal"].Duration() ?? earlier.AnyTerminal,
            policy["completed"].Duration() ?? earlier.Completed,
            policy["failed"].Duration() ?? earlier.Failed,
            policy["terminated"].Duration() ?? earlier.Terminated);
    }

    /// <summary>When the finished instance is to be purged; null: never.</summary>
    public DateTimeOffset? PurgeAt(InstanceDocument finished)
    {
        var ofStatus = finished.Status switch
        {
            OrchestrationStatus.Completed => Completed,
            OrchestrationStatus.Failed => Failed,
            OrchestrationStatus.Terminated => Terminated,
            _ => null,
        };
        var end = (finished.Completed ?? finished.LastUpdated).ToInstant();
        return (ofStatus ?? AnyTerminal) is not { } kept ? null : kept < DateTimeOffset.MaxValue - end ? end + kept : null;
    }
}
