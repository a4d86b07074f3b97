using System.Text;
using Sidecar.PubSub.Publishing;

namespace DaprShop.Tests.PubSub;

public sealed class CloudEventEnvelopeTests
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static readonly PublishedEvent Published = new(
        "pubsub",
        "orders",
        "{\"n\": 12345678901234567890.10}"u8.ToArray(),
        "application/json",
        new Dictionary<string, string>(),
        "order",
        "id-1",
        Trace,
        "a=b",
        new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(8)));

    [Fact]
    public void Build_OfJson_EmbedsItAsWritten()
    {
        var bytes = Build(Published);

        Assert.Equal(
            """{"data":{"n": 12345678901234567890.10},"datacontenttype":"application/json","id":"id-1","pubsubname":"pubsub","source":"order","specversion":"1.0","time":"2026-01-02T03:04:05+08:00","topic":"orders","traceid":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","tracestate":"a=b","type":"com.dapr.event.sent"}""",
            bytes);
    }

    [Fact]
    public void Build_WithoutATraceAndContentType_WritesEmptyTextsAndPlainText()
    {
        var bytes = Build(Published with
        {
            Data = "hé \"<x>\""u8.ToArray(),
            ContentType = null,
            TraceParent = "",
            TraceState = "",
            Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        });

        Assert.Equal(
            """{"data":"hé \"<x>\"","datacontenttype":"text/plain","id":"id-1","pubsubname":"pubsub","source":"order","specversion":"1.0","time":"2026-01-02T03:04:05Z","topic":"orders","traceid":"","traceparent":"","tracestate":"","type":"com.dapr.event.sent"}""",
            bytes);
    }

    [Theory]
    [InlineData("application/json", "{broken", "\"data\":\"{broken\"")]
    [InlineData("application/json; charset=utf-8", "[1]", "\"data\":[1]")]
    [InlineData("APPLICATION/JSON", "\"x\"", "\"data\":\"x\"")]
    [InlineData("application/json", "", "\"data\":\"\"")]
    [InlineData("application/octet-stream", "abc", "\"data_base64\":\"YWJj\"")]
    [InlineData("application/cloudevents+protobuf", "abc", "\"data_base64\":\"YWJj\"")]
    [InlineData("text/xml", "<a/>", "\"data\":\"<a/>\"")]
    [InlineData("application/vnd.api+json", "{}", "\"data\":\"{}\"")]
    public void Build_OfAContentType_DecidesTheFormOfTheData(string contentType, string data, string expected)
    {
        var bytes = Build(Published with { ContentType = contentType, Data = Encoding.UTF8.GetBytes(data) });

        Assert.StartsWith($"{{{expected},\"datacontenttype\":\"{contentType}\",", bytes, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_OfBytesThatAreNoUtf8_StillGivesValidJson()
    {
        var bytes = CloudEventEnvelope.Build(Published with { Data = new byte[] { (byte)'"', 0xff, (byte)'"' } }, expires: false);

        Assert.Equal("\"\uFFFD\"", System.Text.Json.JsonDocument.Parse(bytes).RootElement.GetProperty("data").GetString());
    }

    [Fact]
    public void Build_WithOverrides_TakesThemInAnyCase()
    {
        var bytes = Build(Published with
        {
            Data = "1"u8.ToArray(),
            Metadata = new Dictionary<string, string>
            {
                ["cloudevent.id"] = "own",
                ["CloudEvent.Source"] = "elsewhere",
                ["cloudevent.type"] = "shop.confirmed",
                ["cloudevent.subject"] = "s",
                ["cloudevent.traceid"] = "t1",
                ["cloudevent.traceparent"] = "t2",
                ["cloudevent.tracestate"] = "c=d",
                ["other"] = "x",
            },
        });

        Assert.Equal(
            """{"data":1,"datacontenttype":"application/json","id":"own","pubsubname":"pubsub","source":"elsewhere","specversion":"1.0","subject":"s","time":"2026-01-02T03:04:05+08:00","topic":"orders","traceid":"t2","traceparent":"t2","tracestate":"c=d","type":"shop.confirmed"}""",
            bytes);
    }

    [Theory]
    [InlineData("ttlInSeconds", "60", "2026-01-01T19:05:05Z")]
    [InlineData("TTLInSeconds", "1m30s", "2026-01-01T19:05:35Z")]
    [InlineData("ttl", "5", "2026-01-01T19:04:10Z")]
    [InlineData("ttlInSeconds", "99999999999999", "9999-12-31T23:59:59Z")]
    public void Build_WithATimeToLive_CarriesTheExpiryForADriverWithoutIt(string name, string value, string expected)
    {
        var published = Published with { Metadata = new Dictionary<string, string> { [name] = value } };

        var byEnvelope = CloudEventEnvelope.Build(published, expires: true);
        var byDriver = CloudEventEnvelope.Build(published, expires: false);

        Assert.Contains($"\"expiration\":\"{expected}\"", Encoding.UTF8.GetString(byEnvelope), StringComparison.Ordinal);
        Assert.DoesNotContain("expiration", Encoding.UTF8.GetString(byDriver), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("soon")]
    public void Build_WithATimeToLiveThatIsNone_HasNoExpiry(string value)
    {
        var published = Published with { Metadata = new Dictionary<string, string> { ["ttlInSeconds"] = value } };

        Assert.DoesNotContain("expiration", Encoding.UTF8.GetString(CloudEventEnvelope.Build(published, expires: true)), StringComparison.Ordinal);
    }

    [Fact]
    public void Build_OfACloudEvent_KeepsItAndOverwritesOnlyWhereItGoes()
    {
        var bytes = Build(Published with
        {
            ContentType = "application/cloudevents+json; charset=UTF-8",
            Data = """{"id":"mine","source":"s","type":"t","specversion":"1.0","time":"then","topic":"x","pubsubname":"y","traceid":7,"traceparent":{"a":1},"tracestate":null,"data":{"big":12345678901234567890},"ext":[1,2]}"""u8.ToArray(),
            Metadata = new Dictionary<string, string> { ["cloudevent.id"] = "ignored" },
        });

        Assert.Equal(
            """{"data":{"big":12345678901234567890},"ext":[1,2],"id":"mine","pubsubname":"pubsub","source":"s","specversion":"1.0","time":"then","topic":"orders","traceid":7,"traceparent":{"a":1},"tracestate":"a=b","type":"t"}""",
            bytes);
    }

    [Fact]
    public void Build_OfABareCloudEvent_FillsWhatIsMissing()
    {
        var bytes = Build(Published with { ContentType = "application/cloudevents+json", Data = """{"data":"x"}"""u8.ToArray() });

        Assert.Equal(
            $$"""{"data":"x","id":"id-1","pubsubname":"pubsub","source":"Dapr","specversion":"1.0","time":"2026-01-02T03:04:05+08:00","topic":"orders","traceid":"{{Trace}}","traceparent":"{{Trace}}","tracestate":"a=b","type":"com.dapr.event.sent"}""",
            bytes);
    }

    [Theory]
    [InlineData("{\"")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    public void Build_OfWhatIsNoCloudEvent_Throws(string data)
    {
        var published = Published with { ContentType = "application/cloudevents+json", Data = Encoding.UTF8.GetBytes(data) };

        Assert.Throws<CloudEventException>(() => CloudEventEnvelope.Build(published, expires: false));
    }

    [Fact]
    public void WrapRaw_OfBytes_IsAnEnvelopeFromDapr()
    {
        var bytes = CloudEventEnvelope.WrapRaw("abc"u8.ToArray(), "id-1", "orders", "pubsub", null, null);

        Assert.Equal(
            """{"data_base64":"YWJj","datacontenttype":"application/octet-stream","id":"id-1","pubsubname":"pubsub","source":"Dapr","specversion":"1.0","topic":"orders","type":"com.dapr.event.sent"}""",
            Encoding.UTF8.GetString(bytes));
    }

    private static string Build(PublishedEvent published) => Encoding.UTF8.GetString(CloudEventEnvelope.Build(published, expires: false));
}
