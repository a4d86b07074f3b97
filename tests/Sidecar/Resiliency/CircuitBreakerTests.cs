using DaprShop.TestKit;
using Sidecar.Expressions;
using Sidecar.Resiliency;

namespace DaprShop.Tests.Resiliency;

public sealed class CircuitBreakerTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Breaker_AfterSixFailuresInARow_IsOpenByDefault()
    {
        var breaker = new CircuitBreaker(new CircuitBreakerPolicy(), _clock);

        Fail(breaker, 5);
        Assert.Equal(BreakerState.Closed, breaker.State);
        Fail(breaker, 1);

        Assert.Equal(BreakerState.Open, breaker.State);
        Assert.Equal("circuit breaker is open", Assert.Throws<CircuitBreakerOpenException>(() => breaker.Enter()).Message);
    }

    [Fact]
    public void Breaker_WithASuccessInBetween_CountsAnew()
    {
        var breaker = new CircuitBreaker(new CircuitBreakerPolicy(), _clock);

        Fail(breaker, 5);
        breaker.Report(breaker.Enter(), success: true);
        Fail(breaker, 5);

        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void Breaker_AfterItsTimeout_LetsOneTrialThroughAndClosesWhenItSucceeds()
    {
        var breaker = new CircuitBreaker(new CircuitBreakerPolicy { Timeout = TimeSpan.FromSeconds(10) }, _clock);
        Fail(breaker, 6);

        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(BreakerState.Open, breaker.State);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(BreakerState.HalfOpen, breaker.State);
        var trial = breaker.Enter();
        Assert.Equal("too many requests", Assert.Throws<CircuitBreakerOpenException>(() => breaker.Enter()).Message);
        breaker.Report(trial, success: true);
        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void Breaker_WhoseTrialFails_OpensForAnotherTimeout()
    {
        var breaker = new CircuitBreaker(new CircuitBreakerPolicy { Timeout = TimeSpan.FromSeconds(10) }, _clock);
        Fail(breaker, 6);
        _clock.Advance(TimeSpan.FromSeconds(10));

        Fail(breaker, 1);
        _clock.Advance(TimeSpan.FromSeconds(9));

        Assert.Equal(BreakerState.Open, breaker.State);
    }

    [Fact]
    public void Breaker_WhoseTrialIsGivenUp_OffersThePlaceAgain()
    {
        var breaker = new CircuitBreaker(new CircuitBreakerPolicy(), _clock);
        Fail(breaker, 6);
        _clock.Advance(TimeSpan.FromMinutes(1));

        breaker.Abandon(breaker.Enter());
        breaker.Report(breaker.Enter(), success: true);

        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void Breaker_NeedsAsManySuccessesAsTrialsToClose()
    {
        var breaker = new CircuitBreaker(new CircuitBreakerPolicy { MaxRequests = 2 }, _clock);
        Fail(breaker, 6);
        _clock.Advance(TimeSpan.FromMinutes(1));

        breaker.Report(breaker.Enter(), success: true);
        Assert.Equal(BreakerState.HalfOpen, breaker.State);
        breaker.Report(breaker.Enter(), success: true);

        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void Breaker_WithAnInterval_ForgetsItsCountersWhenItPasses()
    {
        var breaker = new CircuitBreaker(new CircuitBreakerPolicy { Interval = TimeSpan.FromSeconds(5) }, _clock);
        Fail(breaker, 5);

        _clock.Advance(TimeSpan.FromSeconds(5));
        Fail(breaker, 5);

        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void Breaker_WithATripExpression_OpensWhenItHolds()
    {
        var trip = Condition.Parse("requests >= 4 && totalFailures >= 2", CircuitBreakerPolicy.Counters);
        var breaker = new CircuitBreaker(new CircuitBreakerPolicy { Trip = trip }, _clock);

        Fail(breaker, 1);
        breaker.Report(breaker.Enter(), success: true);
        breaker.Report(breaker.Enter(), success: true);
        Assert.Equal(BreakerState.Closed, breaker.State);
        Fail(breaker, 1);

        Assert.Equal(BreakerState.Open, breaker.State);
    }

    [Fact]
    public void Report_OfACallFromAnEarlierState_NoLongerCounts()
    {
        var breaker = new CircuitBreaker(new CircuitBreakerPolicy(), _clock);
        var slow = breaker.Enter();
        Fail(breaker, 6);
        _clock.Advance(TimeSpan.FromMinutes(1));

        breaker.Report(slow, success: false);

        Assert.Equal(BreakerState.HalfOpen, breaker.State);
    }

    [Fact]
    public void Cache_WhenFull_ForgetsTheBreakerThatWasUsedLongestAgo()
    {
        var cache = new BreakerCache(2, () => new CircuitBreaker(new CircuitBreakerPolicy(), _clock));
        var (first, second) = (cache.Get("a"), cache.Get("b"));

        Assert.Same(first, cache.Get("a"));
        cache.Get("c");

        Assert.Same(first, cache.Get("a"));
        Assert.NotSame(second, cache.Get("b"));
    }

    private static void Fail(CircuitBreaker breaker, int times)
    {
        for (var i = 0; i < times; i++)
        {
            breaker.Report(breaker.Enter(), success: false);
        }
    }
}
