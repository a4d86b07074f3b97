using System.Diagnostics;
using System.Net;
using System.Text;
using DaprShop.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Components;
using Sidecar.Components.PubSub;
using Sidecar.Configuration;
using Sidecar.Host;
using Sidecar.Invocation;
using Sidecar.PubSub.Delivery;
using Sidecar.PubSub.Publishing;
using Sidecar.PubSub.Subscriptions;
using Sidecar.Resiliency;

namespace DaprShop.Tests.PubSub;

public sealed class EventDeliveryTests : IDisposable
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const string Event = """{"id":"e1","type":"shop.confirmed","topic":"orders","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","data":1}""";

    private readonly ManualClock _clock = new();
    private readonly FakeBroker _broker = new();
    private readonly ScriptedApp _app = new();
    private readonly ActivitySource _traces = new("test");
    private readonly CancellationTokenSource _stopping = new();

    public void Dispose()
    {
        _traces.Dispose();
        _stopping.Dispose();
    }

    [Theory]
    // status, body, acknowledged, in the dead-letter topic when there is one
    [InlineData(200, "", true, false)]
    [InlineData(204, "", true, false)]
    [InlineData(200, "fine", true, false)]
    [InlineData(200, "[1]", true, false)]
    [InlineData(200, """{"other":1}""", true, false)]
    [InlineData(200, """{"status":5}""", true, false)]
    [InlineData(200, """{"status":""}""", true, false)]
    [InlineData(200, """{"status":"SUCCESS"}""", true, false)]
    [InlineData(299, """{"status":"SUCCESS"}""", true, false)]
    [InlineData(200, """{"status":"DROP"}""", true, true)]
    [InlineData(404, "", true, true)]
    [InlineData(200, """{"status":"RETRY"}""", false, true)]
    [InlineData(200, """{"Status":"RETRY"} and more""", false, true)]
    [InlineData(200, """{"status":"retry"}""", false, true)]
    [InlineData(200, """{"status":"WHAT"}""", false, true)]
    [InlineData(302, "", false, true)]
    [InlineData(400, "", false, true)]
    [InlineData(500, """{"status":"SUCCESS"}""", false, true)]
    public async Task Answer_OfTheApp_DecidesWhatBecomesOfTheMessage(int status, string body, bool isTaken, bool isDeadLettered)
    {
        _app.Answers = _ => new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body) };

        var plain = await Record.ExceptionAsync(() => DeliverAsync(Subscription()));
        var kept = await Record.ExceptionAsync(() => DeliverAsync(Subscription(deadLetterTopic: "dead")));

        Assert.Equal(isTaken ? null : typeof(DeliveryFailedException), plain?.GetType());
        Assert.Null(kept);
        Assert.Equal(isDeadLettered ? ["dead"] : [], _broker.Published.Select(message => message.Topic));
        Assert.Equal(2, _app.Requests.Count);
    }

    [Fact]
    public async Task Answer_ThatNeverComes_IsAFailure()
    {
        _app.Answers = _ => throw new HttpRequestException("refused");

        var exception = await Assert.ThrowsAsync<DeliveryFailedException>(() => DeliverAsync(Subscription()));

        Assert.Equal("event e1 of topic orders was not delivered: refused", exception.Message);
    }

    [Fact]
    public async Task Delivery_ToTheApp_CarriesTheEventItsTraceAndTheBrokersMetadata()
    {
        var metadata = new Dictionary<string, string> { ["__key"] = "k", ["content-length"] = "1", ["bad header"] = "x" };

        await DeliverAsync(Subscription(), metadata: metadata);

        var request = Assert.Single(_app.Requests);
        Assert.Equal("POST /confirmed", request.Line);
        Assert.Equal(Event, request.Body);
        Assert.Equal("application/cloudevents+json", request.Headers["Content-Type"]);
        Assert.Equal(Event.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), request.Headers["Content-Length"]);
        Assert.Equal("pubsub", request.Headers["pubsubName"]);
        Assert.Equal("k", request.Headers["__key"]);
        Assert.Equal(Trace, request.Headers["traceparent"]);
        Assert.DoesNotContain("bad header", request.Headers.Keys);
    }

    [Theory]
    [InlineData("""{"id":"e1","traceparent":7,"traceid":{},"data":1}""")]
    [InlineData("""{"id":7,"traceparent":"not a trace","data":1}""")]
    public async Task Delivery_OfAnEventWithAStrangeTrace_GoesWithoutOne(string body)
    {
        await DeliverAsync(Subscription(), body);

        Assert.DoesNotContain("traceparent", Assert.Single(_app.Requests).Headers.Keys);
    }

    [Fact]
    public async Task Retries_OfTheInboundPolicy_AreMadeExactly()
    {
        _app.Answers = _ => new HttpResponseMessage(HttpStatusCode.InternalServerError);

        var delivering = DeliverAsync(Subscription(deadLetterTopic: "dead"), policy: Retrying(4));
        await Eventually.True(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return delivering.IsCompleted;
        });
        await delivering;

        Assert.Equal(5, _app.Requests.Count);
        Assert.Equal(Event, Encoding.UTF8.GetString(Assert.Single(_broker.Published).Data.Span));
    }

    [Fact]
    public async Task DeadLetter_HasTheBytesAndMetadataOfTheOriginal()
    {
        _app.Answers = _ => new HttpResponseMessage(HttpStatusCode.NotFound);
        var metadata = new Dictionary<string, string> { ["__key"] = "k" };

        await DeliverAsync(Subscription(deadLetterTopic: "dead"), metadata: metadata);

        var message = Assert.Single(_broker.Published);
        Assert.Equal("dead", message.Topic);
        Assert.Equal(Event, Encoding.UTF8.GetString(message.Data.Span));
        Assert.Equal("k", message.Metadata["__key"]);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(404)]
    public async Task DeadLetter_ThatCannotBePublished_IsAnErrorToTheDriver(int status)
    {
        _app.Answers = _ => new HttpResponseMessage((HttpStatusCode)status);
        _broker.IsBroken = true;

        await Assert.ThrowsAsync<DeliveryFailedException>(() => DeliverAsync(Subscription(deadLetterTopic: "dead")));
    }

    [Theory]
    [InlineData("""{"id":"e1","type":"other"}""", true)]
    [InlineData("""{"id":"e1","type":"shop.confirmed","expiration":"2026-01-02T03:04:04Z"}""", true)]
    [InlineData("""{"id":"e1"}""", false)]
    [InlineData("not json", false)]
    [InlineData("[]", false)]
    public async Task Message_ThatHasNoWayToTheApp_IsKeptAsideAndOtherwiseDroppedOrRefused(string body, bool isAcknowledged)
    {
        var onlyConfirmed = Route.Create("event.type == \"shop.confirmed\"", "/confirmed");

        var plain = await Record.ExceptionAsync(() => DeliverAsync(Subscription(routes: onlyConfirmed), body));
        var kept = await Record.ExceptionAsync(() => DeliverAsync(Subscription(deadLetterTopic: "dead", routes: onlyConfirmed), body));

        Assert.Equal(isAcknowledged ? null : typeof(DeliveryFailedException), plain?.GetType());
        Assert.Null(kept);
        Assert.Equal(body, Encoding.UTF8.GetString(Assert.Single(_broker.Published).Data.Span));
        Assert.Empty(_app.Requests);
    }

    [Fact]
    public async Task Message_ThatExpiresLater_IsDelivered()
    {
        await DeliverAsync(Subscription(), """{"id":"e1","expiration":"2026-01-02T03:04:06Z"}""");

        Assert.Single(_app.Requests);
    }

    [Fact]
    public async Task Rules_OfTheSubscription_AreTriedInOrder()
    {
        var subscription = Subscription(routes:
        [
            Route.Create("event.data == 1 && event.type == \"none\"", "/first"),
            Route.Create("event.data == 1", "/second"),
            Route.Create("event.data == 1", "/third"),
            Route.Create("", "/default"),
        ]);

        await DeliverAsync(subscription);
        await DeliverAsync(subscription, """{"id":"e2","type":"x","data":2}""");

        Assert.Equal(["POST /second", "POST /default"], _app.Requests.Select(request => request.Line));
    }

    [Fact]
    public async Task Subscription_ToRawMessages_WrapsThemForTheAppAndDeadLettersThemAsTheyCame()
    {
        _app.Answers = _ => new HttpResponseMessage(HttpStatusCode.NotFound);
        var subscription = Subscription(deadLetterTopic: "dead") with { Metadata = new Dictionary<string, string> { ["rawPayload"] = "true" } };

        await DeliverAsync(subscription, "abc");

        Assert.Contains("\"data_base64\":\"YWJj\"", Assert.Single(_app.Requests).Body, StringComparison.Ordinal);
        Assert.Equal("abc", Encoding.UTF8.GetString(Assert.Single(_broker.Published).Data.Span));
    }

    [Fact]
    public async Task Stop_WhileTheAppHasTheMessage_LetsItFinish()
    {
        var release = new TaskCompletionSource<HttpResponseMessage>();
        _app.AnswersLater = () => release.Task;

        var delivering = DeliverAsync(Subscription());
        await _stopping.CancelAsync();
        release.SetResult(new HttpResponseMessage(HttpStatusCode.OK));

        await delivering;
        Assert.Single(_app.Requests);
    }

    [Fact]
    public async Task Stop_BeforeARetry_LeavesTheMessageWithTheBroker()
    {
        _app.Answers = _ => new HttpResponseMessage(HttpStatusCode.InternalServerError);

        var delivering = DeliverAsync(Subscription(deadLetterTopic: "dead"), policy: Retrying(100));
        await Eventually.True(() => _clock.PendingTimers == 1);
        await _stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => delivering);
        Assert.Single(_app.Requests);
        Assert.Empty(_broker.Published);
    }

    [Fact]
    public async Task Message_AfterTheStop_IsNeitherTakenNorRefused()
    {
        await _stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DeliverAsync(Subscription(deadLetterTopic: "dead")));

        Assert.Empty(_app.Requests);
        Assert.Empty(_broker.Published);
    }

    private static Subscription Subscription(string? deadLetterTopic = null, params Route[] routes) => new(
        "pubsub",
        "orders",
        routes.Length > 0 ? routes : [Route.Create("", "confirmed")],
        new Dictionary<string, string>(),
        deadLetterTopic,
        SubscriptionKind.Declarative);

    private Pipeline Retrying(int retries) =>
        new(null, new RetryPolicy { MaxRetries = retries, Duration = TimeSpan.FromSeconds(1) }, null, _clock, () => 0.5);

    private Task DeliverAsync(
        Subscription subscription, string body = Event, IReadOnlyDictionary<string, string>? metadata = null, Pipeline? policy = null)
    {
        var components = new ComponentRegistry();
        var spec = new ComponentSpec("pubsub", "pubsub.fake", "v1", new Dictionary<string, string>(), false, TimeSpan.Zero, "f");
        components.Add(new LoadedComponent(spec, _broker));
        var publisher = new EventPublisher(
            new SidecarOptions { AppId = "app" }, components, new ResiliencyPolicies(_clock, new ResiliencySpec()), _clock);
        var delivery = new EventDelivery(
            subscription,
            new AppEventReceiver(_app, subscription.PubSub),
            publisher,
            policy ?? new Pipeline(null, null, null, _clock, () => 0.5),
            _traces,
            _clock,
            NullLogger.Instance,
            _stopping.Token);
        var message = new IncomingMessage("orders", Encoding.UTF8.GetBytes(body), null, metadata ?? new Dictionary<string, string>());
        return delivery.HandleAsync(message, CancellationToken.None);
    }

    private sealed record Sent(string Line, string Body, IReadOnlyDictionary<string, string> Headers);

    private sealed class ScriptedApp : IAppChannel
    {
        public Func<HttpRequestMessage, HttpResponseMessage> Answers { get; set; } = _ => new HttpResponseMessage(HttpStatusCode.OK);

        public Func<Task<HttpResponseMessage>>? AnswersLater { get; set; }

        public List<Sent> Requests { get; } = [];

        public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = await request.Content!.ReadAsStringAsync(cancellationToken);
            _ = request.Content.Headers.ContentLength;
            var headers = request.Headers.NonValidated.Concat(request.Content.Headers.NonValidated)
                .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            Requests.Add(new Sent($"{request.Method} {request.RequestUri}", body, headers));
            return AnswersLater is null ? Answers(request) : await AnswersLater();
        }
    }
}
