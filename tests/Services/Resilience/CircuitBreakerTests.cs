using DaprShop.ServiceDefaults.Resilience;
using DaprShop.TestKit;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.Services.Resilience;

public sealed class CircuitBreakerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualClock _clock = new(DateTimeOffset.UnixEpoch);
    private readonly KeptLogs _logs = new();
    private readonly CircuitBreaker _breaker;

    public CircuitBreakerTests() => _breaker = new CircuitBreaker("statestore", _clock, _logs);

    [Theory]
    [InlineData(0, 9, BreakerState.Closed)]
    [InlineData(0, 10, BreakerState.Open)]
    [InlineData(5, 5, BreakerState.Open)]
    [InlineData(6, 5, BreakerState.Closed)]
    [InlineData(6, 6, BreakerState.Open)]
    [InlineData(100, 99, BreakerState.Closed)]
    [InlineData(100, 100, BreakerState.Open)]
    public void QuickFailures_OpenItWhenTheyAreHalfOfAtLeastTen(int answered, int failed, BreakerState expected)
    {
        Calls(answered, CallOutcome.Answered);
        Calls(failed, CallOutcome.Failed);

        Assert.Equal(expected, _breaker.State);
    }

    [Fact]
    public void QuickFailures_OfTenSecondsAgo_DoNotCount()
    {
        Calls(9, CallOutcome.Failed);
        _clock.Advance(CircuitBreaker.Window);

        Calls(9, CallOutcome.Failed);

        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    [Fact]
    public void OutcomesThatTellNothing_DoNotCount()
    {
        Calls(100, CallOutcome.Unknown);
        Calls(9, CallOutcome.Failed);

        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    [Fact]
    public void SlowFailure_WithoutAnyAnswerMeanwhile_OpensItAtOnce()
    {
        Calls(100, CallOutcome.Answered);
        var slow = Enter();
        _clock.Advance(Second);

        _breaker.Report(slow, CallOutcome.Failed);

        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.Null(_breaker.TryEnter());
        Assert.Equal(1, _breaker.Refused);
    }

    [Fact]
    public void SlowFailure_WhileOthersAreAnswered_IsOneOfMany()
    {
        var slow = Enter();
        _clock.Advance(Second);
        Calls(1, CallOutcome.Answered);
        _clock.Advance(4 * Second);

        _breaker.Report(slow, CallOutcome.Failed);

        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    [Fact]
    public void Open_LetsOneCallThroughAfterASecondAndNoOther()
    {
        Open();
        _clock.Advance(Second - TimeSpan.FromMilliseconds(1));
        var early = _breaker.TryEnter();
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        var probe = Enter();

        Assert.Null(early);
        Assert.True(probe.IsProbe);
        Assert.Equal(BreakerState.HalfOpen, _breaker.State);
        Assert.Null(_breaker.TryEnter());
    }

    [Fact]
    public void ProbeWaitsForLong_AnotherMayAskEachSecondAndTheFirstToHearDecides()
    {
        var first = Probe();
        _clock.Advance(Second);
        var second = Enter();
        Assert.Null(_breaker.TryEnter());

        _breaker.Report(first, CallOutcome.Answered);
        _breaker.Report(second, CallOutcome.Failed);

        Assert.True(second.IsProbe);
        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    [Fact]
    public void Probe_IsAnswered_ClosesItAndForgetsWhatWas()
    {
        _breaker.Report(Probe(), CallOutcome.Answered);
        Calls(9, CallOutcome.Failed);

        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    [Fact]
    public void Probe_Fails_OpensItForAnotherSecond()
    {
        _breaker.Report(Probe(), CallOutcome.Failed);

        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.Null(_breaker.TryEnter());
        _clock.Advance(Second);
        Assert.True(Enter().IsProbe);
    }

    /// <summary>A caller who left, or a swap that was lost, says nothing: the next call may ask.</summary>
    [Fact]
    public void Probe_TellsNothing_TheNextCallIsTheProbe()
    {
        _breaker.Report(Probe(), CallOutcome.Unknown);

        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.True(Enter().IsProbe);
        Assert.Null(_breaker.TryEnter());
    }

    [Theory]
    [InlineData(CallOutcome.Answered)]
    [InlineData(CallOutcome.Failed)]
    public void CallOfBefore_DecidesNothingAnyMore(CallOutcome late)
    {
        var before = Enter();
        var probe = Probe();

        _breaker.Report(before, late);
        Assert.Equal(BreakerState.HalfOpen, _breaker.State);

        _breaker.Report(probe, CallOutcome.Answered);
        _clock.Advance(5 * Second);
        _breaker.Report(before, CallOutcome.Failed);
        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    [Fact]
    public void Outage_IsLoggedAtItsBeginningAndAtItsEnd()
    {
        Open();
        for (var second = 0; second < 30; second++)
        {
            _clock.Advance(Second);
            _breaker.Report(Enter(), CallOutcome.Failed);
        }

        _clock.Advance(Second);
        _breaker.Report(Enter(), CallOutcome.Answered);

        Assert.Equal(
            [
                (LogLevel.Warning, "statestore does not answer: 10 of 10 calls failed, and the next are refused at once"),
                (LogLevel.Information, "statestore answers again"),
            ],
            _logs.Lines);
    }

    private BreakerPass Enter() => Assert.NotNull(_breaker.TryEnter());

    private void Calls(int count, CallOutcome outcome)
    {
        for (var n = 0; n < count; n++)
        {
            _breaker.Report(Enter(), outcome);
        }
    }

    private void Open() => Calls(CircuitBreaker.LeastCalls, CallOutcome.Failed);

    private BreakerPass Probe()
    {
        Open();
        _clock.Advance(CircuitBreaker.OpenFor);
        return Enter();
    }

    private sealed class KeptLogs : ILogger<CircuitBreaker>
    {
        public List<(LogLevel Level, string Text)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add((logLevel, formatter(state, exception)));
    }
}
