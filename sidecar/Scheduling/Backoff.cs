namespace Sidecar.Scheduling;

/// <summary>Growing pauses between tries on a state store that fails: 50 ms doubled up to 5 s.</summary>
internal sealed class Backoff(TimeProvider clock)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private TimeSpan _next = TimeSpan.FromMilliseconds(50);

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var pause = _next;
        _next = pause * 2 < Longest ? pause * 2 : Longest;
        await Task.Delay(pause, clock, cancellationToken);
    }

    /// <summary>As <see cref="WaitAsync"/>, but cut short without an exception.</summary>
    public async Task WaitUnlessAsync(CancellationToken cancellationToken) =>
        await WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
