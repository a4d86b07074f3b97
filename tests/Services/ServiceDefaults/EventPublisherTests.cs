using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Faults;

namespace DaprShop.Tests.ServiceDefaults;

public sealed class EventPublisherTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly HeldSidecar _sidecar = new();

    [Fact]
    public async Task Publish_One_SaysInTheEntryWhatItIs()
    {
        await using var publisher = Publisher();
        using var activity = new Activity("saga").SetIdFormat(ActivityIdFormat.W3C).Start();
        var published = publisher.PublishAsync(Happened("o-1"), CancellationToken.None);
        var call = await _sidecar.NextAsync();
        call.Answer(HttpStatusCode.NoContent);
        await published.WaitAsync(Deadline);

        var entry = Assert.Single(call.Body.EnumerateArray());
        Assert.Equal("/v1.0/publish/bulk/pubsub/orders", call.Path);
        Assert.Equal("application/json", entry.GetProperty("contentType").GetString());
        Assert.Equal("""{"orderId":"o-1"}""", entry.GetProperty("event").GetRawText());
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["cloudevent.id"] = "o-1:confirmed",
                ["cloudevent.type"] = "confirmed",
                ["cloudevent.traceid"] = activity.Id!,
                ["cloudevent.traceparent"] = activity.Id!,
                ["cloudevent.tracestate"] = "",
                ["partitionKey"] = "o-1",
            },
            entry.GetProperty("metadata").Deserialize<Dictionary<string, string>>());
    }

    [Fact]
    public async Task Publish_WhileACallIsUnderWay_GoTogetherAndEachHasItsOwnOutcome()
    {
        await using var publisher = Publisher();
        var first = publisher.PublishAsync(Happened("o-1"), CancellationToken.None);
        var underWay = await _sidecar.NextAsync();
        Task[] others = [.. Enumerable.Range(2, 3).Select(number => publisher.PublishAsync(Happened($"o-{number}"), CancellationToken.None))];

        underWay.Answer(HttpStatusCode.NoContent);
        await first.WaitAsync(Deadline);
        var batch = await _sidecar.NextAsync();
        batch.Answer(
            HttpStatusCode.InternalServerError,
            """{"failedEntries":[{"entryId":"1","error":"no space"}],"errorCode":"ERR_PUBSUB_PUBLISH_MESSAGE"}""");

        Assert.Equal(3, batch.Body.GetArrayLength());
        await others[0].WaitAsync(Deadline);
        var failure = await Assert.ThrowsAsync<DependencyUnavailableException>(() => others[1].WaitAsync(Deadline));
        Assert.Equal("pubsub: event o-3:confirmed was not published: no space", failure.Message);
        await others[2].WaitAsync(Deadline);
    }

    [Theory]
    [InlineData(404, """{"errorCode":"ERR_PUBSUB_NOT_FOUND","message":"pubsub pubsub is not found"}""")]
    [InlineData(500, """{"errorCode":"ERR_PUBSUB_CLOUD_EVENTS_SER","message":"x"}""")]
    [InlineData(500, "not json")]
    [InlineData(500, """{"failedEntries":[{"entryId":"x","error":"?"}]}""")]
    [InlineData(502, "")]
    public async Task Publish_CallFails_FailsItsEventsAndTheNextGoOut(int status, string body)
    {
        await using var publisher = Publisher();
        var lost = publisher.PublishAsync(Happened("o-1"), CancellationToken.None);
        (await _sidecar.NextAsync()).Answer((HttpStatusCode)status, body);
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => lost.WaitAsync(Deadline));

        var next = publisher.PublishAsync(Happened("o-1"), CancellationToken.None);
        (await _sidecar.NextAsync()).Answer(HttpStatusCode.NoContent);

        await next.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Dispose_EventsInHandAndWaiting_FailAtOnce()
    {
        var publisher = Publisher();
        var inHand = publisher.PublishAsync(Happened("o-1"), CancellationToken.None);
        await _sidecar.NextAsync();
        var waiting = publisher.PublishAsync(Happened("o-2"), CancellationToken.None);

        await publisher.DisposeAsync().AsTask().WaitAsync(Deadline);

        await Assert.ThrowsAsync<DependencyUnavailableException>(() => inHand.WaitAsync(Deadline));
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => waiting.WaitAsync(Deadline));
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => publisher.PublishAsync(Happened("o-3"), CancellationToken.None));
    }

    private static OutgoingEvent Happened(string orderId) => new("orders", $"{orderId}:confirmed", "confirmed", orderId, new { orderId });

    private EventPublisher Publisher() => new(new BulkPublishClient(new HttpClient(_sidecar) { BaseAddress = new Uri("http://sidecar/") }));

    /// <summary>A sidecar whose every answer waits for the test.</summary>
    private sealed class HeldSidecar : HttpMessageHandler
    {
        private readonly ConcurrentQueue<Call> _calls = new();
        private readonly SemaphoreSlim _arrived = new(0);

        public async Task<Call> NextAsync()
        {
            Assert.True(await _arrived.WaitAsync(Deadline), "nothing was published");
            Assert.True(_calls.TryDequeue(out var call));
            return call;
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = await request.Content!.ReadAsStringAsync(cancellationToken);
            var call = new Call(request.RequestUri!.AbsolutePath, JsonDocument.Parse(body).RootElement);
            _calls.Enqueue(call);
            _arrived.Release();
            return await call.Answered.WaitAsync(cancellationToken);
        }
    }

    private sealed class Call(string path, JsonElement body)
    {
        private readonly TaskCompletionSource<HttpResponseMessage> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Path => path;

        public JsonElement Body => body;

        public Task<HttpResponseMessage> Answered => _answer.Task;

        public void Answer(HttpStatusCode status, string text = "") =>
            _answer.SetResult(new HttpResponseMessage(status) { Content = new StringContent(text, Encoding.UTF8, "application/json") });
    }
}
