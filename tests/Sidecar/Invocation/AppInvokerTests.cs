using System.Net;
using DaprShop.TestKit;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Sidecar.Configuration;
using Sidecar.Host;
using Sidecar.Invocation;
using Sidecar.Resiliency;

namespace DaprShop.Tests.Invocation;

public sealed class AppInvokerTests
{
    private readonly ManualClock _clock = new();
    private readonly SidecarDirectory _directory = new();
    private readonly ScriptedApp _app = new();

    [Fact]
    public async Task Invoke_WithoutAPolicyOfARefusedConnection_IsTriedFourTimesASecondApart()
    {
        _app.Answers = () => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused");
        var began = _clock.GetUtcNow();

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => InvokeAsync());

        Assert.Equal("refused", exception.Message);
        Assert.Equal(4, _app.Bodies.Count);
        Assert.InRange(_clock.GetUtcNow() - began, TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Invoke_WithoutAPolicyOfAnUnhealthyApp_IsTriedOnce()
    {
        _app.Answers = () => throw new HttpRequestException("app is not in a healthy state");

        await Assert.ThrowsAsync<HttpRequestException>(() => InvokeAsync());

        Assert.Single(_app.Bodies);
    }

    [Fact]
    public async Task Invoke_WithoutAPolicy_PassesAFailingAnswerThroughAtOnce()
    {
        _app.Answers = () => new HttpResponseMessage(HttpStatusCode.InternalServerError);

        using var answer = await InvokeAsync();

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Single(_app.Bodies);
    }

    [Fact]
    public async Task Invoke_UnderAPolicy_RetriesFailingAnswersWithTheSameBodyAndReturnsTheLast()
    {
        var number = 0;
        _app.Answers = () => new HttpResponseMessage(HttpStatusCode.BadRequest) { Content = new StringContent($"answer {++number}") };

        using var answer = await InvokeAsync(Policy(retries: 3), body: "hello");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("answer 4", await answer.Content.ReadAsStringAsync());
        Assert.Equal(["hello", "hello", "hello", "hello"], _app.Bodies);
    }

    [Theory]
    [InlineData(400, 1)]
    [InlineData(429, 3)]
    [InlineData(503, 3)]
    public async Task Invoke_UnderAPolicyWithMatching_RetriesOnlyWhatMatches(int status, int calls)
    {
        _app.Answers = () => new HttpResponseMessage((HttpStatusCode)status);

        using var answer = await InvokeAsync(Policy(retries: 2, matching: "429,500-599"));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(calls, _app.Bodies.Count);
    }

    [Fact]
    public async Task Invoke_WithABodyOfUnknownLength_IsNeverRetriedButCountsForTheBreaker()
    {
        _app.Answers = () => new HttpResponseMessage(HttpStatusCode.InternalServerError);
        var policies = new ResiliencyPolicies(_clock, Policy(retries: 5, trip: "consecutiveFailures >= 2"));

        using var first = await InvokeAsync(policies, body: "stream", isChunked: true);
        using var second = await InvokeAsync(policies, body: "stream", isChunked: true);

        Assert.Equal(["stream", "stream"], _app.Bodies);
        await Assert.ThrowsAsync<CircuitBreakerOpenException>(() => InvokeAsync(policies, body: "stream", isChunked: true));
    }

    [Fact]
    public async Task Invoke_OfARefusedConnectionWithAStreamedBody_IsNotTriedAgain()
    {
        _app.Answers = () => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused");

        await Assert.ThrowsAsync<HttpRequestException>(() => InvokeAsync(new ResiliencySpec(), body: "stream", isChunked: true));

        Assert.Single(_app.Bodies);
    }

    [Theory]
    [InlineData("nobody", "couldn't find service: nobody")]
    [InlineData("order.elsewhere", "couldn't find service: order.elsewhere")]
    [InlineData("a.b.c", "invalid app id a.b.c")]
    [InlineData("caller", "cannot invoke local endpoint: app channel not initialized")]
    public async Task Invoke_OfAnAppThatCannotBeFound_SaysSo(string appId, string expected)
    {
        var exception = await Assert.ThrowsAsync<AppNotFoundException>(() => InvokeAsync(new ResiliencySpec(), appId: appId));

        Assert.Equal(expected, exception.Message);
    }

    [Fact]
    public async Task Invoke_WithTheOwnNamespace_FindsTheApp()
    {
        using var answer = await InvokeAsync(new ResiliencySpec(), appId: "order.default");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static ResiliencySpec Policy(int retries, string? matching = null, string? trip = null) => new()
    {
        Retries = new Dictionary<string, RetrySpec>
        {
            ["retry"] = new(RetryKind.Constant, TimeSpan.FromMilliseconds(10), TimeSpan.Zero, retries, matching, null, 1),
        },
        CircuitBreakers = trip is null
            ? new Dictionary<string, CircuitBreakerSpec>()
            : new Dictionary<string, CircuitBreakerSpec> { ["breaker"] = new(1, TimeSpan.Zero, TimeSpan.FromMinutes(1), trip, 1) },
        Apps = new Dictionary<string, AppTarget> { ["order"] = new(new PolicyNames(null, "retry", trip is null ? null : "breaker"), 10) },
    };

    private Task<HttpResponseMessage> InvokeAsync(ResiliencySpec? spec = null, string body = "", bool isChunked = false, string appId = "order") =>
        InvokeAsync(new ResiliencyPolicies(_clock, spec ?? new ResiliencySpec()), body, isChunked, appId);

    private async Task<HttpResponseMessage> InvokeAsync(
        ResiliencyPolicies policies, string body = "", bool isChunked = false, string appId = "order")
    {
        _directory.Register("order", _app);
        var context = new DefaultHttpContext();
        context.Request.Method = "POST";
        context.Request.Body = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(body));
        context.Request.ContentLength = isChunked ? null : body.Length;
        context.Features.Set<IHttpRequestBodyDetectionFeature>(new Body());
        var request = new InvocationRequest(context, new InvocationIdentity("caller", "default", appId), new Uri("/m", UriKind.Relative), limit: null);

        var running = new AppInvoker(new SidecarOptions { AppId = "caller" }, _directory, policies)
            .InvokeAsync(appId, "m", request, CancellationToken.None);
        await Eventually.True(() =>
        {
            if (_clock.PendingTimers > 0)
            {
                _clock.Advance(TimeSpan.FromSeconds(1));
            }

            return running.IsCompleted;
        });
        return await running;
    }

    private sealed class Body : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => true;
    }

    private sealed class ScriptedApp : IAppChannel
    {
        public Func<HttpResponseMessage> Answers { get; set; } = () => new HttpResponseMessage(HttpStatusCode.OK);

        public List<string> Bodies { get; } = [];

        public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using var sent = new MemoryStream();
            if (request.Content is not null)
            {
                await request.Content.CopyToAsync(sent, cancellationToken);
            }

            Bodies.Add(System.Text.Encoding.UTF8.GetString(sent.ToArray()));
            return Answers();
        }
    }
}
