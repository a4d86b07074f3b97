using Dapr;
using Dapr.Client;

namespace DaprShop.Tests.Client;

public sealed class PublishTests
{
    private sealed record Placed(string Id, int Lines);

    [Fact]
    public async Task Publish_Data_IsPostedAsWebJson()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.PublishEventAsync("pubsub", "orders", new Placed("a-1", 2));

        Assert.Equal("POST /v1.0/publish/pubsub/orders", sidecar.Request.Line);
        Assert.Equal("""{"id":"a-1","lines":2}""", sidecar.Request.Body);
        Assert.Equal("application/json", sidecar.Request.Header("Content-Type"));
    }

    [Fact]
    public async Task Publish_MetadataAndOddNames_ArePercentEncodedAndTopicSlashesKept()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.PublishEventAsync("pub sub", "a/b c", 1, new Dictionary<string, string> { ["ttlInSeconds"] = "5", ["cloudevent.type"] = "x&y=+z" });

        Assert.Equal("POST /v1.0/publish/pub%20sub/a/b%20c?metadata.ttlInSeconds=5&metadata.cloudevent.type=x%26y%3D%2Bz", sidecar.Request.Line);
    }

    [Fact]
    public async Task Publish_CloudEvent_GoesAsEnvelope()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();
        var envelope = new CloudEvent<Placed>(new Placed("a-1", 2)) { Type = "com.shop.placed.v1", Source = new Uri("shop", UriKind.Relative), Subject = "a-1" };

        await client.PublishEventAsync("pubsub", "orders", envelope);

        Assert.Equal("application/cloudevents+json", sidecar.Request.Header("Content-Type"));
        Assert.Equal(
            """{"data":{"id":"a-1","lines":2},"datacontenttype":"application/json","source":"shop","type":"com.shop.placed.v1","subject":"a-1"}""",
            sidecar.Request.Body);
    }

    [Fact]
    public async Task Publish_NoData_HasNeitherBodyNorContentType()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.PublishEventAsync("pubsub", "orders");

        Assert.Equal("POST /v1.0/publish/pubsub/orders", sidecar.Request.Line);
        Assert.Equal("", sidecar.Request.Body);
        Assert.Null(sidecar.Request.Header("Content-Type"));
    }

    [Fact]
    public async Task PublishBytes_OfAContentType_GoAsTheyAre()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.PublishByteEventAsync("pubsub", "orders", "<a/>"u8.ToArray(), "application/xml; charset=utf-8", new() { ["rawPayload"] = "true" });

        Assert.Equal("POST /v1.0/publish/pubsub/orders?metadata.rawPayload=true", sidecar.Request.Line);
        Assert.Equal("<a/>", sidecar.Request.Body);
        Assert.Equal("application/xml; charset=utf-8", sidecar.Request.Header("Content-Type"));
    }

    [Fact]
    public async Task Publish_SidecarRefuses_ThrowsWithTheSidecarsReason()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(404, """{"errorCode":"ERR_PUBSUB_NOT_FOUND","message":"pubsub x is not found"}""");
        using var client = sidecar.Client();

        var failure = await Assert.ThrowsAsync<DaprException>(() => client.PublishEventAsync("x", "orders", 1));

        Assert.Equal("Publishing to topic 'orders' failed: the sidecar answered 404 ERR_PUBSUB_NOT_FOUND: pubsub x is not found", failure.Message);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, Assert.IsType<HttpRequestException>(failure.InnerException).StatusCode);
    }

    [Theory]
    [InlineData("", "orders")]
    [InlineData("pubsub", "")]
    public async Task Publish_EmptyName_IsRefusedBeforeTheCall(string pubsub, string topic)
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await Assert.ThrowsAnyAsync<ArgumentException>(() => client.PublishEventAsync(pubsub, topic, 1));

        Assert.Empty(sidecar.Requests);
    }
}
