using System.Text;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Components;

namespace DaprShop.Tests.PubSub;

public sealed class BulkPublishWireTests : IAsyncLifetime
{
    private readonly FakeBroker _broker = new();
    private RunningSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await StartAsync();

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Theory]
    [InlineData("POST", "/v1.0/publish/bulk")]
    [InlineData("PUT", "/v1.0-alpha1/publish/bulk")]
    public async Task Publish_EveryKindOfContent_WrapsEachEntryInOrder(string method, string path)
    {
        const string Body = """
            [
              {"entryId":"1","event":{"n": 12345678901234567890},"contentType":"application/json; charset=utf-8"},
              {"entryId":"2","event":"a\u00e4","contentType":"text/plain"},
              {"entryId":"3","event":"AP8=","contentType":"application/octet-stream","metadata":{"x":"entry"}},
              {"entryId":"4","event":{"specversion":"1.0","id":"own","source":"me","type":"t","data":1},"contentType":"application/cloudevents+json"},
              {"entryId":"5","event":"<a/>","contentType":"application/xml"}
            ]
            """;

        var answer = await _sidecar.Http.SendTextAsync(method, $"{path}/pubsub/a/b?metadata.x=request&metadata.y=1", Body);

        Assert.Equal("204", answer);
        var events = _broker.Published.ConvertAll(message => JsonDocument.Parse(message.Data).RootElement);
        Assert.Equal("12345678901234567890", events[0].GetProperty("data").GetProperty("n").GetRawText());
        Assert.Equal("aä", events[1].GetProperty("data").GetString());
        Assert.Equal([0x00, 0xFF], events[2].GetProperty("data_base64").GetBytesFromBase64());
        Assert.Equal(("own", "me"), (events[3].GetProperty("id").GetString(), events[3].GetProperty("source").GetString()));
        Assert.Equal("<a/>", events[4].GetProperty("data").GetString());
        Assert.All(events, published => Assert.Equal("a/b", published.GetProperty("topic").GetString()));
        Assert.Equal(5, events.Select(published => published.GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal(["request", "request", "entry", "request", "request"], _broker.Published.Select(message => message.Metadata["x"]));
        Assert.All(_broker.Published, message => Assert.Equal("1", message.Metadata["y"]));
    }

    [Fact]
    public async Task Publish_OfRawPayloads_PassesTheBytesOfEachEntry()
    {
        var answer = await PublishAsync(
            """[{"entryId":"1","event":{"a": 1},"contentType":"application/json"},{"entryId":"2","event":"AQI=","contentType":"application/octet-stream"}]""",
            "?metadata.rawPayload=true");

        Assert.Equal("204", answer);
        Assert.Equal("""{"a": 1}""", Encoding.UTF8.GetString(_broker.Published[0].Data.Span));
        Assert.Equal([1, 2], _broker.Published[1].Data.ToArray());
    }

    [Fact]
    public async Task Publish_SomeEntriesRefused_NamesThemAndPublishesTheOthers()
    {
        // No word that a random id, which is hexadecimal, may hold.
        _broker.Refuses = message => Encoding.UTF8.GetString(message.Data.Span).Contains("rotten", StringComparison.Ordinal);

        var answer = await PublishAsync(
            """[{"entryId":"1","event":"rotten","contentType":"text/plain"},{"entryId":"2","event":"good","contentType":"text/plain"}]""");

        Assert.Equal(
            """500 {"failedEntries":[{"entryId":"1","error":"the broker is away"}],"errorCode":"ERR_PUBSUB_PUBLISH_MESSAGE"}""", answer);
        Assert.Equal("good", JsonDocument.Parse(Assert.Single(_broker.Published).Data).RootElement.GetProperty("data").GetString());
    }

    [Fact]
    public async Task Publish_ManyEntries_AreBegunInOrderBeforeTheFirstIsStored()
    {
        var stored = new TaskCompletionSource();
        _broker.Stored = stored.Task;
        var entries = Enumerable.Range(1, 20).Select(number => $$"""{"entryId":"{{number}}","event":{{number}},"contentType":"application/json"}""");

        var answer = PublishAsync($"[{string.Join(',', entries)}]");
        var begun = await Eventually.Get(Data, data => data.Length == 20, TimeSpan.FromSeconds(60));
        var wasAnswered = answer.IsCompleted;
        stored.SetResult();

        Assert.Equal("204", await answer);
        Assert.False(wasAnswered);
        Assert.Equal(Enumerable.Range(1, 20), begun);

        int[] Data()
        {
            lock (_broker.Published)
            {
                return [.. _broker.Published.Select(message => JsonDocument.Parse(message.Data).RootElement.GetProperty("data").GetInt32())];
            }
        }
    }

    [Fact]
    public async Task Publish_OfNothing_Is204() => Assert.Equal("204", await PublishAsync("[]"));

    [Theory]
    [InlineData("""[{"event":"a","contentType":"text/plain"}]""")]
    [InlineData("""[{"entryId":"1","event":"a","contentType":"text/plain"},{"entryId":"1","event":"b","contentType":"text/plain"}]""")]
    public async Task Publish_AnEntryIdMissingOrRepeated_Is400AndNothingIsPublished(string body)
    {
        var answer = await PublishAsync(body);

        Assert.Equal(Malformed("entryId is duplicated or not present for entry"), answer);
        Assert.Empty(_broker.Published);
    }

    [Theory]
    [InlineData("""{"a":1}""", "text/plain")]
    [InlineData("1", "text/xml")]
    [InlineData("\"%%%\"", "application/octet-stream")]
    [InlineData("1", "application/octet-stream")]
    [InlineData("\"a\"", "application/cloudevents+json")]
    [InlineData("\"a\"", "image/png")]
    [InlineData("\"a\"", "")]
    public async Task Publish_AnEventThatIsNotItsContentType_Is400AndNothingIsPublished(string given, string contentType)
    {
        var answer = await PublishAsync($$"""[{"entryId":"0","event":1,"contentType":"application/json"},{"entryId":"1","event":{{given}},"contentType":"{{contentType}}"}]""");

        Assert.Equal(Malformed("error: mismatch between contentType and event"), answer);
        Assert.Empty(_broker.Published);
    }

    [Theory]
    [InlineData("", "The input does not contain any JSON tokens")]
    [InlineData("{}", "the body is not a JSON array")]
    [InlineData("[1]", "an entry is not an object")]
    [InlineData("""[{"entryId":1}]""", """\"entryId\" is not a string""")]
    [InlineData("""[{"entryId":"1","metadata":{"a":1}}]""", """\"a\" is not a string""")]
    [InlineData("[] x", "'x' is invalid after a single JSON value")]
    public async Task Publish_ABodyThatIsNoListOfEntries_Is400(string body, string why)
    {
        var answer = await PublishAsync(body);

        Assert.StartsWith(
            $$"""400 {"errorCode":"ERR_PUBSUB_EVENTS_SER","message":"error when unmarshaling the request for topic t pubsub pubsub: {{why}}""",
            answer,
            StringComparison.Ordinal);
        Assert.Empty(_broker.Published);
    }

    [Fact]
    public async Task Publish_ToATopicOutOfScope_Is403()
    {
        await using var scoped = await StartAsync(("publishingScopes", "app=other"));

        var answer = await scoped.Http.SendTextAsync("POST", "/v1.0/publish/bulk/pubsub/t", """[{"entryId":"1","event":1,"contentType":"application/json"}]""");

        Assert.StartsWith("""403 {"errorCode":"ERR_PUBSUB_FORBIDDEN","message":"topic t is not allowed for app id app",""", answer, StringComparison.Ordinal);
        Assert.Empty(_broker.Published);
    }

    [Theory]
    [InlineData("/v1.0/publish/bulk/nope/t", "404 {\"errorCode\":\"ERR_PUBSUB_NOT_FOUND\",\"message\":\"pubsub nope is not found\"")]
    [InlineData("/v1.0-alpha1/publish/bulk/pubsub/", "404 {\"errorCode\":\"ERR_TOPIC_NAME_EMPTY\",\"message\":\"topic is empty in pubsub pubsub\"")]
    [InlineData("/v1.0/publish/bulk/pubsub/t?metadata.rawPayload=maybe", "400 {\"errorCode\":\"ERR_PUBSUB_REQUEST_METADATA\"")]
    public async Task Publish_ToNames_ThatAreWrong_IsTheErrorOfASinglePublish(string path, string expected) =>
        Assert.StartsWith(expected, await _sidecar.Http.SendTextAsync("POST", path, "[]"), StringComparison.Ordinal);

    private static string Malformed(string why) =>
        """400 {"errorCode":"ERR_PUBSUB_EVENTS_SER","message":"error marshaling events to bytes for topic t pubsub pubsub. error: WHY","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"DAPR_PUBSUB_MARSHAL_EVENTS","domain":"dapr.io","metadata":{"appID":"app","error":"WHY"}},{"@type":"type.googleapis.com/google.rpc.ResourceInfo","resource_type":"pubsub","resource_name":"pubsub","owner":"","description":"error marshaling events to bytes for topic t pubsub pubsub"}]}"""
            .Replace("WHY", why, StringComparison.Ordinal);

    private Task<string> PublishAsync(string body, string query = "") =>
        _sidecar.Http.SendTextAsync("POST", $"/v1.0/publish/bulk/pubsub/t{query}", body);

    private Task<RunningSidecar> StartAsync(params (string Name, string Value)[] metadata) => RunningSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("pubsub", "pubsub.fake", metadata)],
        Drivers = new Dictionary<string, Func<IComponent>> { ["pubsub.fake"] = () => _broker },
    });
}
