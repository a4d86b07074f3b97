namespace DaprShop.Tests.Simulation.Engine;

/// <summary>A process's clocks: the wall clock may be wrong and may jump, the monotonic one only goes on. Timers come late in a process that is held.</summary>
internal sealed class ProcessClock(World world, Process process) : TimeProvider
{
    /// <summary>How wrong the wall clock is.</summary>
    public TimeSpan Offset { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => World.Epoch + world.Time + Offset;

    public override long GetTimestamp() => world.Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(world, process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(World world, Process process, TimerCallback callback, object? state) : ITimer
    {
        private int _version;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _version++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Set(dueTime);
            }

            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Set(TimeSpan delay)
        {
            var version = _version;
            world.After(delay, () => Fire(version));
        }

        /// <param name="isLate">It was held back before: then it comes due, lest a process that dozes off at once keep it for ever.</param>
        private void Fire(int version, bool isLate = false)
        {
            if (version != _version || process.IsDead)
            {
                return;
            }

            if (process.IsPaused || (_period > TimeSpan.Zero && process.IsDozing && !isLate))
            {
                process.Defer(() => Fire(version, isLate: true));
                return;
            }

            if (_period > TimeSpan.Zero)
            {
                Set(_period);
            }

            callback(state);
        }
    }
}
