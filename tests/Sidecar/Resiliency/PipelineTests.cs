using DaprShop.TestKit;
using Sidecar.Components;
using Sidecar.Configuration;
using Sidecar.Resiliency;

namespace DaprShop.Tests.Resiliency;

public sealed class PipelineTests
{
    private readonly ManualClock _clock = new();
    private int _calls;

    [Fact]
    public async Task Run_WithFourRetries_CallsFiveTimesAndAnswersTheLastValue()
    {
        var pipeline = Constant(retries: 4);

        var answer = await Drive(pipeline.RunAsync(_ => Task.FromResult(Attempt<int>.Failure(++_calls)), default));

        Assert.Equal(5, answer);
        Assert.Equal(5, _calls);
    }

    [Fact]
    public async Task Run_WithoutAnyPolicy_CallsOnce()
    {
        var pipeline = new Pipeline(null, null, null, _clock, () => 0.5);

        var answer = await pipeline.RunAsync(_ => Task.FromResult(Attempt<int>.Failure(++_calls)), default);

        Assert.Equal(1, answer);
    }

    [Fact]
    public async Task Run_ThatSucceedsAtTheThirdAttempt_StopsThere()
    {
        var pipeline = Constant(retries: 9);

        var answer = await Drive(pipeline.RunAsync(
            _ => ++_calls < 3 ? throw new HttpRequestException("refused") : Task.FromResult(Attempt<string>.Success("done")), default));

        Assert.Equal("done", answer);
        Assert.Equal(3, _calls);
    }

    [Fact]
    public async Task Run_WhenAllAttemptsThrow_ThrowsTheLastException()
    {
        var pipeline = Constant(retries: 2);

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => Drive(
            pipeline.RunAsync<int>(_ => throw new HttpRequestException($"refused {++_calls}"), default)));

        Assert.Equal("refused 3", exception.Message);
    }

    [Fact]
    public async Task Run_WithACodeThatDoesNotMatch_IsNotRetried()
    {
        var matching = StatusCodeMatch.Parse("500-599", null, out _)!;
        var pipeline = new Pipeline(null, new RetryPolicy { MaxRetries = 5, Matching = matching }, null, _clock, () => 0.5);

        var answer = await pipeline.RunAsync(_ => Task.FromResult(Attempt<int>.Failure(++_calls, 400)), default);

        Assert.Equal(1, answer);
    }

    [Fact]
    public async Task Run_AgainstAnEtagMismatch_IsNotRetried()
    {
        var pipeline = Constant(retries: 5);

        var exception = await Assert.ThrowsAsync<ComponentException>(() => pipeline.RunAsync<int>(
            _ => throw new ComponentException(ComponentFault.EtagMismatch, $"call {++_calls}"), default));

        Assert.Equal("call 1", exception.Message);
    }

    [Fact]
    public async Task Run_PastItsTimeout_IsATimeoutAndIsRetried()
    {
        var pipeline = new Pipeline(TimeSpan.FromSeconds(2), new RetryPolicy { MaxRetries = 1, Duration = TimeSpan.FromSeconds(1) }, null, _clock, () => 0.5);

        var running = pipeline.RunAsync<int>(
            async token =>
            {
                _calls++;
                await Task.Delay(Timeout.InfiniteTimeSpan, _clock, token);
                return 0;
            },
            default);

        var exception = await Assert.ThrowsAsync<TimeoutException>(() => Drive(running));
        Assert.Equal("context deadline exceeded", exception.Message);
        Assert.Equal(2, _calls);
    }

    [Fact]
    public async Task Run_WhenTheBreakerOpens_StopsTheLoop()
    {
        var breaker = new CircuitBreaker(new CircuitBreakerPolicy(), _clock);
        var pipeline = new Pipeline(null, new RetryPolicy { Duration = TimeSpan.FromMilliseconds(1) }, breaker, _clock, () => 0.5);

        await Assert.ThrowsAsync<CircuitBreakerOpenException>(() => Drive(
            pipeline.RunAsync(_ => Task.FromResult(Attempt<int>.Failure(++_calls)), default)));

        Assert.Equal(6, _calls);
    }

    [Fact]
    public async Task Run_ToldToStopRetrying_FinishesTheAttemptAndThenStops()
    {
        using var stop = new CancellationTokenSource();
        var pipeline = Constant(retries: -1);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pipeline.RunAsync(
            async token =>
            {
                await stop.CancelAsync();
                token.ThrowIfCancellationRequested();
                return Attempt<int>.Failure(++_calls);
            },
            CancellationToken.None,
            stop.Token));

        Assert.Equal(1, _calls);
    }

    [Theory]
    [InlineData("orders", "pubsub.redis", "DefaultPubsubComponentInboundRetryPolicy", 2)]
    [InlineData("orders", "state.redis", "DefaultPubsubComponentInboundRetryPolicy", 1)]
    [InlineData("orders", "state.redis", "DefaultComponentInboundRetryPolicy", 2)]
    [InlineData("orders", "state.redis", "DefaultComponentRetryPolicy", 2)]
    [InlineData("orders", "state.redis", "DefaultRetryPolicy", 2)]
    [InlineData("named", "pubsub.redis", "DefaultRetryPolicy", 1)]
    public async Task ForInbound_WithoutATarget_TakesTheDefaultOfItsKind(string component, string type, string policy, int calls)
    {
        var spec = new ResiliencySpec
        {
            Retries = new Dictionary<string, RetrySpec> { [policy] = new(RetryKind.Constant, TimeSpan.Zero, TimeSpan.Zero, 1, null, null, 1) },
            Components = new Dictionary<string, ComponentTarget> { ["named"] = new(PolicyNames.None, PolicyNames.None) },
        };
        var registry = new ComponentRegistry();
        registry.Add(new LoadedComponent(
            new ComponentSpec(component, type, "v1", new Dictionary<string, string>(), false, TimeSpan.Zero, "f"), new NoComponent()));
        var policies = new ResiliencyPolicies(_clock, spec, registry);

        await Drive(policies.ForInbound(component).RunAsync(_ => Task.FromResult(Attempt<int>.Failure(++_calls)), default));

        Assert.Equal(calls, _calls);
    }

    [Fact]
    public async Task BuiltIn_RedefinedBelowThreeRetries_KeepsThree()
    {
        var spec = new ResiliencySpec
        {
            Retries = new Dictionary<string, RetrySpec>
            {
                [PolicySet.BuiltInServiceRetries] = new(RetryKind.Constant, TimeSpan.Zero, TimeSpan.Zero, 1, null, null, 1),
            },
        };

        await Drive(new ResiliencyPolicies(_clock, spec).BuiltIn(PolicySet.BuiltInServiceRetries)
            .RunAsync(_ => Task.FromResult(Attempt<int>.Failure(++_calls)), default));

        Assert.Equal(4, _calls);
    }

    [Fact]
    public async Task ForApp_WithABreaker_KeepsOnePerEndpoint()
    {
        var spec = new ResiliencySpec
        {
            CircuitBreakers = new Dictionary<string, CircuitBreakerSpec>
            {
                ["cb"] = new(1, TimeSpan.Zero, TimeSpan.FromSeconds(60), "consecutiveFailures >= 1", 1),
            },
            Apps = new Dictionary<string, AppTarget> { ["order"] = new(new PolicyNames(null, null, "cb"), 10) },
        };
        var policies = new ResiliencyPolicies(_clock, spec);

        await policies.ForApp("order", "order:a")!.RunAsync(_ => Task.FromResult(Attempt<int>.Failure(0, 500)), default);

        await Assert.ThrowsAsync<CircuitBreakerOpenException>(
            () => policies.ForApp("order", "order:a")!.RunAsync(_ => Task.FromResult(Attempt<int>.Success(1)), default));
        Assert.Equal(1, await policies.ForApp("order", "order:b")!.RunAsync(_ => Task.FromResult(Attempt<int>.Success(1)), default));
        Assert.Null(policies.ForApp("other", "other:a"));
    }

    private Pipeline Constant(int retries) =>
        new(null, new RetryPolicy { MaxRetries = retries, Duration = TimeSpan.FromSeconds(1) }, null, _clock, () => 0.5);

    private async Task<T> Drive<T>(Task<T> running)
    {
        await Eventually.True(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return running.IsCompleted;
        });
        return await running;
    }

    private sealed class NoComponent : IComponent
    {
        public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
