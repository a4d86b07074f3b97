using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Sidecar.Grpc.Rpc;
using Sidecar.Telemetry;

namespace DaprShop.Tests.Telemetry;

public sealed class TelemetryReceiverTests : IAsyncLifetime
{
    private readonly HttpClient _http = new(new HttpClientHandler { AllowAutoRedirect = false });
    private TelemetryReceiver _receiver = null!;

    public async Task InitializeAsync()
    {
        _receiver = await TelemetryReceiver.StartAsync(new TraceStore(mostRecords: 100), port: 0, CancellationToken.None);
        _http.BaseAddress = _receiver.Address;
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _receiver.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Export_PlainOrPacked_IsAnsweredAndShown(bool packed)
    {
        var root = Spans.Wire('a', '1', "POST /x");
        root.Attributes.Add(Spans.Text("dapr.workflow.instance_id", "instance-1"));
        var body = Spans.Export("gateway", root);

        using var answer = await SendAsync("/v1/traces", packed ? Packed(body) : body, packed ? "gzip" : null);

        Assert.Equal((HttpStatusCode.OK, "application/x-protobuf", 0), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, (await answer.Content.ReadAsByteArrayAsync()).Length));
        var view = await JsonAsync("/api/traces/instance-1");
        Assert.Equal((Spans.TraceId('a'), 1, 250), (view.GetProperty("traceId").GetString(), view.GetProperty("spans").GetInt32(), view.GetProperty("durationMs").GetDouble()));
        Assert.Equal("POST /x", view.GetProperty("rows")[0].GetProperty("name").GetString());
        var list = await JsonAsync("/api/traces?all=true");
        Assert.Equal("instance-1", list.GetProperty("traces")[0].GetProperty("instances")[0].GetString());
        Assert.Equal((1, 100), (list.GetProperty("store").GetProperty("spans").GetInt32(), list.GetProperty("store").GetProperty("mostRecords").GetInt32()));
    }

    [Fact]
    public async Task Export_OfAnotherType_IsRefusedWithTheRemedy()
    {
        using var content = new StringContent("{}", new MediaTypeHeaderValue("application/json"));

        using var answer = await _http.PostAsync(new Uri("/v1/traces", UriKind.Relative), content);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Contains("set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf at the sender", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/traces")]
    [InlineData("/v1/logs")]
    [InlineData("/v1/metrics")]
    public async Task Export_OfBadBytes_IsAnsweredWithAStatus(string path)
    {
        using var answer = await SendAsync(path, [0x0A, 0xFF, 0x01], null);

        var status = Status.Parser.ParseFrom(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal((HttpStatusCode.BadRequest, 3), (answer.StatusCode, status.Code));
        Assert.StartsWith("the body is no OTLP export: ", status.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip", HttpStatusCode.BadRequest)]
    [InlineData("zstd", HttpStatusCode.UnsupportedMediaType)]
    public async Task Export_InAnotherPacking_IsRefused(string encoding, HttpStatusCode expected)
    {
        using var answer = await SendAsync("/v1/traces", Spans.Export("order", Spans.Wire('a', '1')), encoding);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Export_ThatIsTooLarge_IsRefusedBeforeItIsUnpacked(bool packed)
    {
        var body = new byte[TelemetryReceiver.MostBodyBytes + 1];

        using var answer = await SendAsync("/v1/traces", packed ? Packed(body) : body, packed ? "gzip" : null);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Pages_OfWhatStrangersSent_EscapeItAndRunNothing()
    {
        using var sent = await SendAsync("/v1/traces", Spans.Export("<b>shop</b>", Spans.Wire('a', '1', "<script>alert(1)</script>")), null);

        using var list = await _http.GetAsync(new Uri("/?all=true&id=<i>no</i>", UriKind.Relative));
        using var one = await _http.GetAsync(new Uri($"/traces/{Spans.TraceId('a')}", UriKind.Relative));
        using var unknown = await _http.GetAsync(new Uri("/traces/nothing", UriKind.Relative));
        var pages = new[] { await list.Content.ReadAsStringAsync(), await one.Content.ReadAsStringAsync() };

        Assert.All(pages, page => Assert.Contains("&lt;b&gt;shop&lt;/b&gt;", page, StringComparison.Ordinal));
        Assert.All(pages, page => Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", page, StringComparison.Ordinal));
        Assert.All(pages, page => Assert.DoesNotContain("<script", page, StringComparison.Ordinal));
        Assert.Contains("<b>&lt;i&gt;no&lt;/i&gt;</b> is no trace", pages[0], StringComparison.Ordinal);
        Assert.StartsWith("default-src 'none'", Assert.Single(one.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Search_ForAnIdThatIsThere_LeadsToItsPage()
    {
        using var sent = await SendAsync("/v1/traces", Spans.Export("order", Spans.Wire('a', '1')), null);

        using var answer = await _http.GetAsync(new Uri($"/?id=%20{Spans.TraceId('a')}", UriKind.Relative));

        Assert.Equal((HttpStatusCode.Redirect, $"/traces/{Spans.TraceId('a')}"), (answer.StatusCode, answer.Headers.Location?.ToString()));
    }

    [Fact]
    public async Task Request_UnderAForeignName_IsRefused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/api/traces", UriKind.Relative)) { Headers = { Host = "evil.example" } };

        using var answer = await _http.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Start_OnATakenPort_TakesAFreeOne()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var taken = ((IPEndPoint)holder.LocalEndpoint).Port;

        await using var other = await TelemetryReceiver.StartAsync(new TraceStore(), taken, CancellationToken.None);

        Assert.Equal("127.0.0.1", other.Address.Host);
        Assert.NotEqual(taken, other.Address.Port);
    }

    private Task<HttpResponseMessage> SendAsync(string path, byte[] body, string? encoding)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        if (encoding is not null)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        // The client waits for leave to send, so that a refusal does not cut it off while it writes.
        return _http.SendAsync(new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = content, Headers = { ExpectContinue = true } });
    }

    private async Task<JsonElement> JsonAsync(string path)
    {
        using var document = JsonDocument.Parse(await _http.GetStringAsync(new Uri(path, UriKind.Relative)));
        return document.RootElement.Clone();
    }

    private static byte[] Packed(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(body);
        }

        return packed.ToArray();
    }
}
