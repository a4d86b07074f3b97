namespace Dapr.Workflow.Replay;

/// <summary>
/// Which patches this instance has taken. A patch met for the first time is taken and goes into the turn's reply; the runtime
/// records it with the turn, and from then on the history says so. Code that passed the place before the patch existed finds
/// it unrecorded while replaying, and keeps to the old path for good.
/// </summary>
internal sealed class PatchDecisions
{
    private readonly HashSet<string> _recorded = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _decided = new(StringComparer.Ordinal);
    private readonly List<string> _taken = [];

    /// <summary>Patches taken in the running turn.</summary>
    public IReadOnlyList<string> Taken => _taken;

    public void Record(IEnumerable<string> patches) => _recorded.UnionWith(patches);

    public bool IsPatched(string patch, bool isReplaying)
    {
        if (!_decided.TryGetValue(patch, out var taken))
        {
            var recorded = _recorded.Contains(patch);
            taken = recorded || !isReplaying;
            _decided.Add(patch, taken);
            if (taken && !recorded)
            {
                _taken.Add(patch);
            }
        }

        return taken;
    }
}
