namespace Sidecar.Launcher;

/// <summary>How long to wait before an app that ended is started again: it doubles while the app keeps dying young.</summary>
internal sealed class RestartDelay
{
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan OldEnough = TimeSpan.FromSeconds(10);

    private TimeSpan _next = First;

    public TimeSpan After(TimeSpan lived)
    {
        var delay = lived >= OldEnough ? First : _next;
        _next = delay * 2 > Longest ? Longest : delay * 2;
        return delay;
    }
}
