using System.Text;
using System.Text.Json;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub;

public sealed class PublishWireTests
{
    private readonly FakeBroker _broker = new();

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    public async Task Publish_OfJson_HandsTheDriverAnEnvelope(string method)
    {
        await using var sidecar = await StartAsync();

        var answer = await sidecar.Http.SendTextAsync(
            method, "/v1.0/publish/pubsub/a%2Fb/c?metadata.ttlInSeconds=60&metadata.x=y&other=z", """{"n":1}""", ("traceparent", ""));

        Assert.Equal("204", answer);
        var message = Assert.Single(_broker.Published);
        Assert.Equal("a/b/c", message.Topic);
        Assert.Equal(new Dictionary<string, string> { ["ttlInSeconds"] = "60", ["x"] = "y" }, message.Metadata);
        var envelope = JsonDocument.Parse(message.Data).RootElement;
        Assert.Equal("app", envelope.GetProperty("source").GetString());
        Assert.Equal("a/b/c", envelope.GetProperty("topic").GetString());
        Assert.Equal("", envelope.GetProperty("traceid").GetString());
        Assert.True(envelope.TryGetProperty("expiration", out _));
        Assert.Equal(1, envelope.GetProperty("data").GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task Publish_WithATrace_PutsItIntoTheEnvelope()
    {
        const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await using var sidecar = await StartAsync();

        await sidecar.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/t", "1", ("traceparent", Trace), ("tracestate", "a=b"));

        var envelope = JsonDocument.Parse(Assert.Single(_broker.Published).Data).RootElement;
        Assert.Equal(
            (Trace, Trace, "a=b"),
            (envelope.GetProperty("traceid").GetString(), envelope.GetProperty("traceparent").GetString(), envelope.GetProperty("tracestate").GetString()));
    }

    [Theory]
    [InlineData("true", "raw bytes")]
    [InlineData("T", "raw bytes")]
    public async Task Publish_OfARawPayload_PassesTheBytes(string raw, string body)
    {
        await using var sidecar = await StartAsync();

        var answer = await sidecar.Http.SendTextAsync("POST", $"/v1.0/publish/pubsub/t?metadata.rawPayload={raw}", body);

        Assert.Equal("204", answer);
        Assert.Equal(body, Encoding.UTF8.GetString(Assert.Single(_broker.Published).Data.Span));
    }

    [Theory]
    [InlineData(
        "/v1.0/publish/nothere/t",
        """404 {"errorCode":"ERR_PUBSUB_NOT_FOUND","message":"pubsub nothere is not found","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"DAPR_PUBSUB_NOT_FOUND","domain":"dapr.io","metadata":{}}]}""")]
    [InlineData(
        "/v1.0/publish/pubsub",
        """404 {"errorCode":"ERR_TOPIC_NAME_EMPTY","message":"topic is empty in pubsub pubsub","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"DAPR_PUBSUB_TOPIC_NAME_EMPTY","domain":"dapr.io","metadata":{}},{"@type":"type.googleapis.com/google.rpc.ResourceInfo","resource_type":"pubsub","resource_name":"pubsub","owner":"","description":"topic is empty in pubsub pubsub"}]}""")]
    [InlineData(
        "/v1.0/publish/pubsub/t?metadata.rawPayload=maybe",
        """400 {"errorCode":"ERR_PUBSUB_REQUEST_METADATA","message":"failed deserializing metadata. Error: rawPayload value must be a valid boolean: actual is 'maybe'","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"DAPR_PUBSUB_METADATA_DESERIALIZATION","domain":"dapr.io","metadata":{"rawPayload":"maybe"}},{"@type":"type.googleapis.com/google.rpc.ResourceInfo","resource_type":"pubsub","resource_name":"pubsub","owner":"","description":"failed deserializing metadata. Error: rawPayload value must be a valid boolean: actual is 'maybe'"}]}""")]
    [InlineData(
        "/v1.0/publish/pubsub/secret",
        """403 {"errorCode":"ERR_PUBSUB_FORBIDDEN","message":"topic secret is not allowed for app id app","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"DAPR_PUBSUB_FORBIDDEN","domain":"dapr.io","metadata":{"topic":"secret","error":"topic secret is not allowed for app id app"}},{"@type":"type.googleapis.com/google.rpc.ResourceInfo","resource_type":"pubsub","resource_name":"pubsub","owner":"","description":"topic secret is not allowed for app id app"}]}""")]
    public async Task Publish_ThatIsRefused_AnswersWithDaprsError(string path, string expected)
    {
        await using var sidecar = await StartAsync();

        var answer = await sidecar.Http.SendTextAsync("POST", path, "{}");

        Assert.Equal(expected, answer);
        Assert.Empty(_broker.Published);
    }

    [Fact]
    public async Task Publish_WithoutAnyPubSub_IsNotConfigured()
    {
        await using var sidecar = await RunningSidecar.StartAsync();

        var answer = await sidecar.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/t", "{}");

        Assert.Equal(
            """400 {"errorCode":"ERR_PUBSUB_NOT_CONFIGURED","message":"pubsub pubsub is not configured","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"DAPR_PUBSUB_NOT_CONFIGURED","domain":"dapr.io","metadata":{}}]}""",
            answer);
    }

    [Fact]
    public async Task Publish_WhenTheBrokerFails_AnswersItsError()
    {
        _broker.IsBroken = true;
        await using var sidecar = await StartAsync();

        var answer = await sidecar.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/t", "{}");

        Assert.StartsWith(
            """500 {"errorCode":"ERR_PUBSUB_PUBLISH_MESSAGE","message":"error when publishing to topic t in pubsub pubsub: the broker is away","details":[""",
            answer,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_OfABrokenCloudEvent_CannotBuildTheEvent()
    {
        await using var sidecar = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1.0/publish/pubsub/t") { Content = new StringContent("{\"") };
        request.Content.Headers.ContentType = new("application/cloudevents+json");

        using var response = await sidecar.Http.SendAsync(request);

        Assert.Equal(500, (int)response.StatusCode);
        Assert.StartsWith(
            """{"errorCode":"ERR_PUBSUB_CLOUD_EVENTS_SER","message":"cannot create cloudevent","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"DAPR_PUBSUB_CLOUD_EVENT_CREATION",""",
            await response.Content.ReadAsStringAsync(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_OfABodyOverTheLimit_CannotBeRead()
    {
        await using var sidecar = await StartAsync(options => options with { MaxBodySizeBytes = 10 });

        var answer = await sidecar.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/t", new string('x', 11));

        Assert.StartsWith("""400 {"errorCode":"ERR_BODY_READ","message":""", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1.0/publish/pubsub/t")]
    [InlineData("POST", "/v1.0/crypto/mail")]
    public async Task Request_ThatNoRouteTakes_IsAnInvocationWithoutAnApp(string method, string path)
    {
        await using var sidecar = await StartAsync();

        var answer = await sidecar.Http.SendTextAsync(method, path);

        Assert.Equal(
            """404 {"errorCode":"ERR_DIRECT_INVOKE","message":"failed getting app id either from the URL path or the header dapr-app-id"}""",
            answer);
    }

    private Task<RunningSidecar> StartAsync(Func<Sidecar.Host.SidecarOptions, Sidecar.Host.SidecarOptions>? options = null) =>
        RunningSidecar.StartAsync(new SidecarSetup
        {
            Resources = [Yaml.Component("pubsub", "pubsub.fake", ("publishingScopes", "app=t,a/b/c"))],
            Drivers = new Dictionary<string, Func<IComponent>> { ["pubsub.fake"] = () => _broker },
            Options = options ?? (given => given),
        });
}
