using System.Text;
using System.Text.Json;
using DaprShop.Tests.PubSub;
using DaprShop.Tests.Wire;
using Google.Protobuf;
using Sidecar.Components;
using Sidecar.Grpc.DaprApi;

namespace DaprShop.Tests.Grpc;

public sealed class PublishServiceTests : IAsyncLifetime
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private readonly FakeBroker _broker = new();
    private GrpcSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await StartAsync();

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Fact]
    public async Task Publish_OfJson_HandsTheDriverAnEnvelopeWithTheCallersTrace()
    {
        var request = Event("t", """{"n":1}""", "application/json");
        request.Metadata.Add("x", "y");

        var end = await _sidecar.EndAsync("PublishEvent", request, ("traceparent", Trace), ("tracestate", "a=b"));

        Assert.Equal("0 ", end);
        var message = Assert.Single(_broker.Published);
        Assert.Equal(("t", "y"), (message.Topic, message.Metadata["x"]));
        var envelope = JsonDocument.Parse(message.Data).RootElement;
        Assert.Equal(
            ("app", "t", "pubsub", Trace, "a=b", 1),
            (envelope.GetProperty("source").GetString(), envelope.GetProperty("topic").GetString(), envelope.GetProperty("pubsubname").GetString(),
                envelope.GetProperty("traceparent").GetString(), envelope.GetProperty("tracestate").GetString(),
                envelope.GetProperty("data").GetProperty("n").GetInt32()));
    }

    [Theory]
    [InlineData("", "data", "text/plain")]
    [InlineData("application/octet-stream", "data_base64", "application/octet-stream")]
    public async Task Publish_WithoutJson_KeepsTheContentAsTheContractSays(string contentType, string attribute, string shown)
    {
        Assert.Equal("0 ", await _sidecar.EndAsync("PublishEvent", Event("t", "hi", contentType)));

        var envelope = JsonDocument.Parse(Assert.Single(_broker.Published).Data).RootElement;
        Assert.Equal(shown, envelope.GetProperty("datacontenttype").GetString());
        Assert.Equal(attribute == "data" ? "hi" : "aGk=", envelope.GetProperty(attribute).GetString());
    }

    [Fact]
    public async Task Publish_OfARawPayload_PassesTheBytesAndTheTraceInMetadata()
    {
        var request = Event("t", "raw", "");
        request.Metadata.Add("rawPayload", "true");

        Assert.Equal("0 ", await _sidecar.EndAsync("PublishEvent", request, ("traceparent", Trace)));

        var message = Assert.Single(_broker.Published);
        Assert.Equal("raw", Encoding.UTF8.GetString(message.Data.Span));
        Assert.Equal((Trace, ""), (message.Metadata["traceid"], message.Metadata["tracestate"]));
    }

    [Theory]
    [InlineData("nope", "t", "", "3 pubsub nope is not found | DAPR_PUBSUB_NOT_FOUND dapr.io")]
    [InlineData("", "t", "", "3 pubsub name is empty | DAPR_PUBSUB_NAME_EMPTY dapr.io | pubsub '': pubsub name is empty")]
    [InlineData("pubsub", "", "", "3 topic is empty in pubsub pubsub | DAPR_PUBSUB_TOPIC_NAME_EMPTY dapr.io | pubsub 'pubsub': topic is empty in pubsub pubsub")]
    [InlineData("pubsub", "t", "maybe", "3 failed deserializing metadata. Error: rawPayload value must be a valid boolean: actual is 'maybe' | DAPR_PUBSUB_METADATA_DESERIALIZATION dapr.io rawPayload=maybe | pubsub 'pubsub': failed deserializing metadata. Error: rawPayload value must be a valid boolean: actual is 'maybe'")]
    public async Task Publish_BothKinds_RefuseWrongNamesAndMetadata(string pubSub, string topic, string raw, string expected)
    {
        var one = new PublishEventRequest { PubsubName = pubSub, Topic = topic };
        var many = new BulkPublishRequest { PubsubName = pubSub, Topic = topic };
        if (raw.Length > 0)
        {
            one.Metadata.Add("rawPayload", raw);
            many.Metadata.Add("rawPayload", raw);
        }

        Assert.Equal(expected, await _sidecar.EndAsync("PublishEvent", one));
        Assert.Equal(expected, await _sidecar.EndAsync("BulkPublishEvent", many));
        Assert.Empty(_broker.Published);
    }

    [Fact]
    public async Task Publish_NoPubSubAtAll_IsFailedPrecondition()
    {
        await using var bare = await GrpcSidecar.StartAsync();

        Assert.Equal(
            "9 pubsub pubsub is not configured | DAPR_PUBSUB_NOT_CONFIGURED dapr.io", await bare.EndAsync("PublishEvent", Event("t", "1", "")));
    }

    [Fact]
    public async Task Publish_ToATopicOutOfScope_IsPermissionDenied()
    {
        const string Expected =
            "7 topic t is not allowed for app id app | DAPR_PUBSUB_FORBIDDEN dapr.io error=topic t is not allowed for app id app topic=t | pubsub 'pubsub': topic t is not allowed for app id app";
        await using var scoped = await StartAsync(("publishingScopes", "app=other"));

        Assert.Equal(Expected, await scoped.EndAsync("PublishEvent", Event("t", "1", "")));
        Assert.Equal(Expected, await scoped.EndAsync("BulkPublishEvent", Bulk(("1", "a"))));
        Assert.Empty(_broker.Published);
    }

    [Fact]
    public async Task Publish_BrokerAway_IsInternal()
    {
        _broker.IsBroken = true;

        Assert.Equal(
            "13 error when publishing to topic t in pubsub pubsub: the broker is away | DAPR_PUBSUB_PUBLISH_MESSAGE dapr.io error=the broker is away topic=t | pubsub 'pubsub': error when publishing to topic t in pubsub pubsub: the broker is away",
            await _sidecar.EndAsync("PublishEvent", Event("t", "1", "")));
    }

    [Fact]
    public async Task Publish_ACloudEventThatIsNone_IsInvalidArgument()
    {
        var end = await _sidecar.EndAsync("PublishEvent", Event("t", "[]", "application/cloudevents+json"));

        Assert.Equal(
            "3 cannot create cloudevent | DAPR_PUBSUB_CLOUD_EVENT_CREATION dapr.io appID=app error=the event is not a JSON object | pubsub 'pubsub': cannot create cloudevent",
            end);
        Assert.Empty(_broker.Published);
    }

    [Theory]
    [InlineData("BulkPublishEvent")]
    [InlineData("BulkPublishEventAlpha1")]
    public async Task BulkPublish_SomeEntriesRefused_IsOkAndNamesThem(string method)
    {
        // No word that a random id, which is hexadecimal, may hold.
        _broker.Refuses = message => Encoding.UTF8.GetString(message.Data.Span).Contains("rotten", StringComparison.Ordinal);

        var response = await _sidecar.CallAsync(method, Bulk(("1", "good"), ("2", "rotten"), ("3", "fine")), BulkPublishResponse.Parser);

        Assert.Equal([("2", "the broker is away")], response.FailedEntries.Select(entry => (entry.EntryId, entry.Error)));
        Assert.Equal(
            ["good", "fine"], _broker.Published.Select(message => JsonDocument.Parse(message.Data).RootElement.GetProperty("data").GetString()));
    }

    [Fact]
    public async Task BulkPublish_EntryMetadata_GoesBeforeThatOfTheRequest()
    {
        var request = Bulk(("1", "a"), ("2", "b"));
        request.Metadata.Add("k", "request");
        request.Entries[1].Metadata.Add("k", "entry");

        await _sidecar.CallAsync("BulkPublishEvent", request, BulkPublishResponse.Parser);

        Assert.Equal(["request", "entry"], _broker.Published.Select(message => message.Metadata["k"]));
    }

    [Fact]
    public async Task BulkPublish_OfRawPayloads_PassesTheBytes()
    {
        var request = Bulk(("1", "a"), ("2", "b"));
        request.Metadata.Add("rawPayload", "true");

        await _sidecar.CallAsync("BulkPublishEvent", request, BulkPublishResponse.Parser);

        Assert.Equal(["a", "b"], _broker.Published.Select(message => Encoding.UTF8.GetString(message.Data.Span)));
    }

    [Theory]
    [InlineData("1", "1")]
    [InlineData("1", "")]
    public async Task BulkPublish_AnEntryIdMissingOrRepeated_IsInvalidArgumentAndNothingIsPublished(string first, string second)
    {
        var end = await _sidecar.EndAsync("BulkPublishEvent", Bulk((first, "a"), (second, "b")));

        Assert.StartsWith(
            "3 error marshaling events to bytes for topic t pubsub pubsub. error: entryId is duplicated or not present for entry | DAPR_PUBSUB_MARSHAL_EVENTS dapr.io",
            end,
            StringComparison.Ordinal);
        Assert.Empty(_broker.Published);
    }

    [Fact]
    public async Task BulkPublish_OneEntryThatIsNoCloudEvent_PublishesNone()
    {
        var request = Bulk(("1", "a"));
        request.Entries.Add(new BulkPublishRequestEntry { EntryId = "2", Event = ByteString.CopyFromUtf8("x"), ContentType = "application/cloudevents+json" });

        var end = await _sidecar.EndAsync("BulkPublishEvent", request);

        Assert.StartsWith("3 cannot create cloudevent | ", end, StringComparison.Ordinal);
        Assert.Empty(_broker.Published);
    }

    private static PublishEventRequest Event(string topic, string data, string contentType) =>
        new() { PubsubName = "pubsub", Topic = topic, Data = ByteString.CopyFromUtf8(data), DataContentType = contentType };

    private static BulkPublishRequest Bulk(params (string Id, string Text)[] entries) => new()
    {
        PubsubName = "pubsub",
        Topic = "t",
        Entries =
        {
            entries.Select(entry => new BulkPublishRequestEntry
            {
                EntryId = entry.Id,
                Event = ByteString.CopyFromUtf8(entry.Text),
                ContentType = "text/plain",
            }),
        },
    };

    private Task<GrpcSidecar> StartAsync(params (string Name, string Value)[] metadata) => GrpcSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("pubsub", "pubsub.fake", metadata)],
        Drivers = new Dictionary<string, Func<IComponent>> { ["pubsub.fake"] = () => _broker },
    });
}
