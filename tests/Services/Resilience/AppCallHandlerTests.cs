using System.Net;
using System.Net.Http.Headers;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Resilience;
using DaprShop.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaprShop.Tests.Services.Resilience;

public sealed class AppCallHandlerTests
{
    private readonly ManualClock _clock = new();
    private readonly CircuitBreaker _breaker;

    public AppCallHandlerTests() => _breaker = new CircuitBreaker("inventory", _clock, NullLogger<CircuitBreaker>.Instance);

    /// <summary>A minute of sold-out answers, or of an app's own 503, is a minute of answers.</summary>
    [Theory]
    [InlineData(200, "application/json", BreakerState.Closed)]
    [InlineData(409, "application/problem+json", BreakerState.Closed)]
    [InlineData(404, "application/json", BreakerState.Closed)]
    [InlineData(500, "application/problem+json", BreakerState.Closed)]
    [InlineData(503, "application/problem+json", BreakerState.Closed)]
    [InlineData(500, "application/json", BreakerState.Open)]
    [InlineData(502, null, BreakerState.Open)]
    public async Task Answers_OfTheAppCloseIt_AndOfASidecarOpenIt(int status, string? type, BreakerState expected)
    {
        using var http = Over(_ => Task.FromResult(Answer(status, type)));

        for (var n = 0; n < CircuitBreaker.LeastCalls; n++)
        {
            Assert.Equal(status, (int)(await http.GetAsync(new Uri("http://inventory/"))).StatusCode);
        }

        Assert.Equal(expected, _breaker.State);
    }

    [Fact]
    public async Task SidecarIsAway_CallsAreRefusedWithoutBeingMade()
    {
        var made = 0;
        using var http = Over(_ =>
        {
            made++;
            throw new HttpRequestException("refused");
        });
        for (var n = 0; n < CircuitBreaker.LeastCalls; n++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri("http://inventory/")));
        }

        await Assert.ThrowsAsync<DependencyUnavailableException>(() => http.GetAsync(new Uri("http://inventory/")));

        Assert.Equal(CircuitBreaker.LeastCalls, made);
    }

    [Theory]
    [InlineData(4, BreakerState.Closed)]
    [InlineData(5, BreakerState.Open)]
    public async Task CallersWhoLeave_OpenItWhenNothingWasAnsweredForLong(int seconds, BreakerState expected)
    {
        using var http = Over(token => HangAsync(token));
        using var caller = new CancellationTokenSource();
        var call = http.GetAsync(new Uri("http://inventory/"), caller.Token);
        _clock.Advance(TimeSpan.FromSeconds(seconds));

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(expected, _breaker.State);
    }

    /// <summary>
    /// Nobody listens for half a minute, and the sidecar makes of each call the six attempts, 200 ms apart, of resiliency.yaml. All attempts together
    /// stay below 1.2 of the calls, and an app that is back after 0.8 s has refused nobody.
    /// </summary>
    [Theory]
    [InlineData(300, 20, 1.2)]
    [InlineData(300, 100, 1.2)]
    [InlineData(300, 1000, 1.2)]
    [InlineData(8, 100, 6)]
    public async Task AppIsAway_AttemptsAreBounded(int tenths, int callsASecond, double most)
    {
        var (attempts, back) = (0, false);
        using var http = Over(async token =>
        {
            for (var attempt = 0; ; attempt++)
            {
                attempts++;
                if (back || attempt == 5)
                {
                    return back ? Answer(200, "application/json") : Answer(500, "application/json");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(200), _clock, token);
            }
        });
        var calls = new List<Task<HttpStatusCode?>>();

        // Without the test's own context, all that follows from a step of the clock has happened when it ends.
        await Task.Run(() =>
        {
            for (var tenth = 0; tenth < tenths; tenth++)
            {
                calls.AddRange(Enumerable.Range(0, callsASecond / 10).Select(_ => CallAsync(http)));
                _clock.Advance(TimeSpan.FromMilliseconds(100));
            }
        });

        var made = attempts;
        back = true;
        _clock.Advance(TimeSpan.FromSeconds(1));
        var answers = await Task.WhenAll(calls);
        var afterwards = await CallAsync(http);

        Assert.InRange(made, 1, calls.Count * most);
        Assert.Equal(HttpStatusCode.OK, afterwards);
        Assert.True(tenths > 10 || answers.All(answer => answer == HttpStatusCode.OK));
    }

    private static async Task<HttpStatusCode?> CallAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("http://inventory/"));
            return answer.StatusCode;
        }
        catch (DependencyUnavailableException)
        {
            return null;
        }
    }

    private static HttpResponseMessage Answer(int status, string? type)
    {
        var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent([]) };
        answer.Content.Headers.ContentType = type is null ? null : new MediaTypeHeaderValue(type);
        return answer;
    }

    private async Task<HttpResponseMessage> HangAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, _clock, cancellationToken);
        return Answer(200, "application/json");
    }

    private HttpClient Over(Func<CancellationToken, Task<HttpResponseMessage>> sidecar) =>
        new(new AppCallHandler(_breaker, _clock) { InnerHandler = new Stub(sidecar) }) { Timeout = Timeout.InfiniteTimeSpan };

    private sealed class Stub(Func<CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer(cancellationToken);
    }
}
