namespace DaprShop.Reliability.Faults;

/// <summary>What was done to a process, or to what goes between two.</summary>
/// <param name="AtMs">By the clock of the history.</param>
/// <param name="Kind">Such as <c>kill -9</c>, or what a proxy did.</param>
/// <param name="Pid">0: no process was harmed but what goes between two.</param>
/// <param name="Landed">The process was running before and was gone afterwards, or did stand still.</param>
/// <param name="RecoveredMs">After how long what it is there for was answered again; null: not known, or never.</param>
internal sealed record Fault(long AtMs, string Kind, string Target, int Pid, bool Landed, long? RecoveredMs = null)
{
    public const string Kill = "kill -9";
    public const string Stop = "stop";

    public bool IsKill => Kind == Kill && Landed;

    /// <summary>Whether the recovery of this one was over before another fault, and no other was being recovered from.</summary>
    public bool IsAlone(IEnumerable<Fault> all) => RecoveredMs is { } took && !all.Any(
        other => !ReferenceEquals(other, this) && other.AtMs < AtMs + took && other.AtMs + (other.RecoveredMs ?? 0) > AtMs);
}
