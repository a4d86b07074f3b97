namespace DaprShop.Tests.Services.Order;

/// <summary>
/// What is measured or waited for once has four times as long, and what repeats keeps its pace: a machine that stands still for some seconds loses no
/// lease and answers in time.
/// </summary>
internal sealed class LenientTime : TimeProvider
{
    private const int Slowness = 4;

    private readonly DateTimeOffset _began = System.GetUtcNow();
    private readonly long _beganAt = System.GetTimestamp();

    public override long GetTimestamp() => (System.GetTimestamp() - _beganAt) / Slowness;

    public override DateTimeOffset GetUtcNow() => _began + (System.GetElapsedTime(_beganAt) / Slowness);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, period == Timeout.InfiniteTimeSpan && dueTime > TimeSpan.Zero ? dueTime * Slowness : dueTime, period);
}
