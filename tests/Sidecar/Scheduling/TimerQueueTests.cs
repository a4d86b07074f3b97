using DaprShop.TestKit;
using Sidecar.Scheduling;

namespace DaprShop.Tests.Scheduling;

public sealed class TimerQueueTests
{
    private readonly ManualClock _clock = new();
    private readonly List<string> _woken = [];

    [Fact]
    public void Advance_SeveralEntries_WakesEachWhenItIsDue()
    {
        using var queue = new TimerQueue(_clock, _woken.Add);
        queue.Set("b", _clock.GetUtcNow().AddSeconds(2));
        queue.Set("a", _clock.GetUtcNow().AddSeconds(1));
        queue.Set("c", _clock.GetUtcNow().AddSeconds(3));

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["a"], _woken);

        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["a", "b", "c"], _woken);
    }

    [Fact]
    public void Set_Again_ReplacesAndNullRemoves()
    {
        using var queue = new TimerQueue(_clock, _woken.Add);
        queue.Set("a", _clock.GetUtcNow().AddSeconds(1));
        queue.Set("b", _clock.GetUtcNow().AddSeconds(1));

        queue.Set("a", _clock.GetUtcNow().AddSeconds(10));
        queue.Set("b", null);
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Empty(_woken);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["a"], _woken);
    }

    [Fact]
    public void Set_EarlierThanWhatIsArmed_FiresInTime()
    {
        using var queue = new TimerQueue(_clock, _woken.Add);
        queue.Set("late", _clock.GetUtcNow().AddHours(1));
        queue.Set("soon", _clock.GetUtcNow().AddMilliseconds(5));

        _clock.Advance(TimeSpan.FromMilliseconds(5));

        Assert.Equal(["soon"], _woken);
    }

    [Fact]
    public void Set_InThePast_WakesAtOnce()
    {
        using var queue = new TimerQueue(_clock, _woken.Add);

        queue.Set("a", _clock.GetUtcNow().AddYears(-1));
        _clock.Advance(TimeSpan.Zero);

        Assert.Equal(["a"], _woken);
    }

    [Fact]
    public void Set_ClockThatIsPutForward_WakesWithinAMinute()
    {
        var clock = new ClockOnTheWall(_clock);
        using var queue = new TimerQueue(clock, _woken.Add);
        queue.Set("a", clock.GetUtcNow().AddHours(8));

        // A machine that slept: its timers stood still, its clock did not.
        clock.Ahead = TimeSpan.FromHours(8);
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(["a"], _woken);
    }

    private sealed class ClockOnTheWall(TimeProvider timers) : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => timers.GetUtcNow() + Ahead;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            timers.CreateTimer(callback, state, dueTime, period);
    }

    [Fact]
    public void Set_FarFuture_NeitherThrowsNorFires()
    {
        using var queue = new TimerQueue(_clock, _woken.Add);

        queue.Set("never", DateTimeOffset.MaxValue.AddDays(-1));
        _clock.Advance(TimeSpan.FromDays(60));

        Assert.Empty(_woken);
        Assert.Equal(1, _clock.PendingTimers);
    }
}
