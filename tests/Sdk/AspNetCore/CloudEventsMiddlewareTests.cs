using System.Text;
using Dapr;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.AspNetCore;

public sealed class CloudEventsMiddlewareTests
{
    private const string Envelope = "application/cloudevents+json";

    [Theory]
    [InlineData("""{"data":{"id":1}}""", """{"id":1}""", "application/json")]
    [InlineData("""{"data":{"id":1},"datacontenttype":"application/vnd.shop+json; charset=utf-16"}""", """{"id":1}""", "application/vnd.shop+json")]
    [InlineData("""{"data":"text","datacontenttype":"text/plain; charset=iso-8859-1"}""", "text", "text/plain")]
    [InlineData("""{"data":"text","datacontenttype":"application/json"}""", "\"text\"", "application/json")]
    [InlineData("""{"data":"text"}""", "\"text\"", "application/json")]
    [InlineData("""{"data":5,"datacontenttype":"text/plain"}""", "5", "text/plain")]
    [InlineData("""{"data":null}""", "null", "application/json")]
    [InlineData("""{"data":"x","datacontenttype":"not a type"}""", "\"x\"", "application/json")]
    [InlineData("""{"data_base64":"PGEvPg==","datacontenttype":"application/xml"}""", "<a/>", "application/xml")]
    [InlineData("""{"data_base64":"PGEvPg=="}""", "<a/>", "application/json")]
    [InlineData("""{"id":"1"}""", "", null)]
    public async Task Envelope_Opened_GivesTheEndpointItsData(string envelope, string body, string? contentType)
    {
        var seen = await SendAsync(Envelope, envelope);

        Assert.Equal((200, body, contentType), (seen.Status, seen.Body, seen.ContentType));
        Assert.Equal(Encoding.UTF8.GetByteCount(body), seen.ContentLength);
    }

    [Theory]
    [InlineData("""{"data":1,"data_base64":"PGEvPg=="}""")]
    [InlineData("""{"data_base64":"*"}""")]
    [InlineData("""{"data_base64":5}""")]
    [InlineData("""[1]""")]
    [InlineData("""{"data":""")]
    [InlineData("")]
    public async Task Envelope_Broken_Is400AndTheEndpointIsNotCalled(string envelope)
    {
        var seen = await SendAsync(Envelope, envelope);

        Assert.Equal((400, null), (seen.Status, seen.Body));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/cloudevents-batch+json")]
    [InlineData("application/cloudevents+xml")]
    [InlineData(null)]
    public async Task OtherContentType_PassesUntouched(string? contentType)
    {
        var seen = await SendAsync(contentType, """{"data":1}""");

        Assert.Equal((200, """{"data":1}""", contentType), (seen.Status, seen.Body, seen.ContentType));
    }

    [Theory]
    [InlineData("Application/CloudEvents+JSON; charset=utf-8")]
    [InlineData("application/cloudevents+json;charset=UTF-8")]
    public async Task EnvelopeType_CaseAndParameters_DoNotMatter(string contentType)
    {
        var seen = await SendAsync(contentType, """{"data":1}""");

        Assert.Equal("1", seen.Body);
    }

    [Fact]
    public async Task Envelope_InAnotherCharset_IsDecoded()
    {
        var seen = await SendAsync(Envelope + "; charset=utf-16", """{"data":"é","datacontenttype":"text/plain"}""", encoding: Encoding.Unicode);

        Assert.Equal("é", seen.Body);
    }

    [Fact]
    public async Task TextPayload_DecodingSuppressed_StaysAJsonString()
    {
        var options = new CloudEventsMiddlewareOptions { SuppressJsonDecodingOfTextPayloads = true };

        var seen = await SendAsync(Envelope, """{"data":"text","datacontenttype":"text/plain"}""", options);

        Assert.Equal(("\"text\"", "text/plain"), (seen.Body, seen.ContentType));
    }

    [Fact]
    public async Task Attributes_Forwarded_BecomeHeadersWithoutTheData()
    {
        var options = new CloudEventsMiddlewareOptions { ForwardCloudEventPropertiesAsHeaders = true, ExcludedCloudEventPropertiesFromHeaders = ["source"] };

        var seen = await SendAsync(Envelope, """{"id":"7","source":"order","n":5,"data":1}""", options);

        Assert.Equal(["Cloudevent.id=7", "Cloudevent.n=5"], seen.Headers);
    }

    [Fact]
    public async Task Attributes_OnlyIncluded_AreForwarded()
    {
        var options = new CloudEventsMiddlewareOptions { ForwardCloudEventPropertiesAsHeaders = true, IncludedCloudEventPropertiesAsHeaders = ["type"] };

        var seen = await SendAsync(Envelope, """{"id":"7","type":"t","data":1}""", options);

        Assert.Equal(["Cloudevent.type=t"], seen.Headers);
    }

    [Fact]
    public async Task Attributes_ByDefault_AreNotForwarded()
    {
        var seen = await SendAsync(Envelope, """{"id":"7","data":1}""");

        Assert.Empty(seen.Headers);
    }

    [Fact]
    public async Task Request_AfterTheCall_HasItsOwnBodyBack()
    {
        var context = Request(Envelope, """{"data":1}"""u8.ToArray());
        var (body, type, length) = (context.Request.Body, context.Request.ContentType, context.Request.ContentLength);

        await Pipeline(null, _ => Task.CompletedTask)(context);

        Assert.Same(body, context.Request.Body);
        Assert.Equal((type, length), (context.Request.ContentType, context.Request.ContentLength));
    }

    private static async Task<Seen> SendAsync(string? contentType, string text, CloudEventsMiddlewareOptions? options = null, Encoding? encoding = null)
    {
        Seen? seen = null;
        var context = Request(contentType, (encoding ?? Encoding.UTF8).GetBytes(text));
        await Pipeline(options, async request =>
        {
            using var reader = new StreamReader(request.Request.Body);
            var headers = request.Request.Headers.Where(header => header.Key.StartsWith("Cloudevent.", StringComparison.Ordinal));
            seen = new Seen(200, await reader.ReadToEndAsync(), request.Request.ContentType, request.Request.ContentLength, [.. headers.Select(header => $"{header.Key}={header.Value}")]);
        })(context);
        return seen ?? new Seen(context.Response.StatusCode, null, null, null, []);
    }

    private static RequestDelegate Pipeline(CloudEventsMiddlewareOptions? options, RequestDelegate endpoint)
    {
        var builder = new ApplicationBuilder(new ServiceCollection().BuildServiceProvider());
        if (options is null)
        {
            builder.UseCloudEvents();
        }
        else
        {
            builder.UseCloudEvents(options);
        }

        builder.Run(endpoint);
        return builder.Build();
    }

    private static DefaultHttpContext Request(string? contentType, byte[] body)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "POST";
        context.Request.ContentType = contentType;
        context.Request.ContentLength = body.Length;
        context.Request.Body = new MemoryStream(body);
        return context;
    }

    private sealed record Seen(int Status, string? Body, string? ContentType, long? ContentLength, string[] Headers);
}
