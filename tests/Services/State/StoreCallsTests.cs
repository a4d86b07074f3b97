using System.Net;
using System.Text.Json;
using Dapr;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Resilience;
using DaprShop.ServiceDefaults.State;
using DaprShop.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaprShop.Tests.Services.State;

public sealed class StoreCallsTests
{
    private readonly ManualClock _clock = new();
    private readonly CircuitBreaker _breaker;
    private readonly StoreCalls _calls;

    public StoreCallsTests()
    {
        var breakers = new CircuitBreakers(_clock, NullLogger<CircuitBreaker>.Instance);
        _breaker = breakers.Of(DocumentStore.Component);
        _calls = new StoreCalls(breakers, _clock);
    }

    [Fact]
    public async Task StoreHangs_FirstCallsWaitTheirLimitAndTheNextAreRefusedAtOnce()
    {
        var waiting = Enumerable.Range(0, 3).Select(_ => _calls.AskAsync(HangAsync, CancellationToken.None)).ToList();
        _clock.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.All(waiting, call => Assert.False(call.IsCompleted));
        _clock.Advance(TimeSpan.FromTicks(1));
        foreach (var call in waiting)
        {
            await Assert.ThrowsAsync<DependencyUnavailableException>(() => call);
        }

        var reached = 0;
        for (var n = 0; n < 100; n++)
        {
            var refused = await Assert.ThrowsAsync<DependencyUnavailableException>(() => AskAsync(() => reached++));
            Assert.Equal("statestore was not asked: it has not answered for a while", refused.Message);
        }

        Assert.Equal((0, BreakerState.Open, 100), (reached, _breaker.State, _breaker.Refused));
    }

    [Fact]
    public async Task StoreStillHangs_OneCallASecondWaitsASecond()
    {
        await HangOnceAsync(TimeSpan.FromSeconds(5));
        _clock.Advance(TimeSpan.FromSeconds(1));

        await HangOnceAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(BreakerState.Open, _breaker.State);
    }

    [Fact]
    public async Task StoreIsBack_FirstCallAfterASecondOpensTheWay()
    {
        await HangOnceAsync(TimeSpan.FromSeconds(5));
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("there", await _calls.AskAsync(_ => Task.FromResult("there"), CancellationToken.None));

        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    /// <summary>Many writers of one document are no outage, and neither is a create that another one won, which Redis answers with 500.</summary>
    [Fact]
    public async Task LostSwaps_SayNothingAboutTheStore()
    {
        for (var n = 0; n < 50; n++)
        {
            Assert.False(await _calls.TrySwapAsync(_ => Task.FromResult(false), CancellationToken.None));
            await Assert.ThrowsAsync<DependencyUnavailableException>(() => _calls.TrySwapAsync(_ => throw Error(HttpStatusCode.InternalServerError), CancellationToken.None));
        }

        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    [Fact]
    public async Task SwapThatHangs_SaysThatTheStoreHangs()
    {
        var swap = _calls.TrySwapAsync(async token => await HangAsync(token) is null, CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(5));

        await Assert.ThrowsAsync<DependencyUnavailableException>(() => swap);
        Assert.Equal(BreakerState.Open, _breaker.State);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, BreakerState.Open)]
    [InlineData(HttpStatusCode.BadGateway, BreakerState.Open)]
    [InlineData(null, BreakerState.Open)]
    [InlineData(HttpStatusCode.BadRequest, BreakerState.Closed)]
    [InlineData(HttpStatusCode.Forbidden, BreakerState.Closed)]
    public async Task Errors_OpenItWhenTheyAreNoAnswer(HttpStatusCode? status, BreakerState expected)
    {
        for (var n = 0; n < 10; n++)
        {
            await Assert.ThrowsAsync<DependencyUnavailableException>(() => AskAsync(() => throw Error(status)));
        }

        Assert.Equal(expected, _breaker.State);
    }

    [Fact]
    public async Task DocumentsThatCannotBeRead_AreAnswers()
    {
        for (var n = 0; n < 10; n++)
        {
            await Assert.ThrowsAsync<DependencyUnavailableException>(() => AskAsync(() => throw new DaprException("unreadable", new JsonException())));
        }

        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    [Fact]
    public async Task CallersWhoLeave_SayNothing()
    {
        for (var n = 0; n < 10; n++)
        {
            using var caller = new CancellationTokenSource();
            var call = _calls.AskAsync(HangAsync, caller.Token);
            _clock.Advance(TimeSpan.FromSeconds(2));
            await caller.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    private static DaprException Error(HttpStatusCode? status) => new("planned", new HttpRequestException("planned", null, status));

    private async Task<string?> HangAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, _clock, cancellationToken);
        return null;
    }

    private async Task HangOnceAsync(TimeSpan limit)
    {
        var call = _calls.AskAsync(HangAsync, CancellationToken.None);
        _clock.Advance(limit - TimeSpan.FromTicks(1));
        Assert.False(call.IsCompleted);
        _clock.Advance(TimeSpan.FromTicks(1));
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => call);
    }

    private Task<bool> AskAsync(Action act) => _calls.AskAsync(
        _ =>
        {
            act();
            return Task.FromResult(true);
        },
        CancellationToken.None);
}
