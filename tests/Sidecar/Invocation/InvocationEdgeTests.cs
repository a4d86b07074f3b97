using System.Net;
using System.Net.Sockets;
using System.Text;
using DaprShop.Tests.Wire;
using Microsoft.AspNetCore.Http;

namespace DaprShop.Tests.Invocation;

/// <summary>What HTTP allows and few apps do: unusual headers, answers without a body, bodies over the limit.</summary>
public sealed class InvocationEdgeTests
{
    private const string Call = "/v1.0/invoke/app/method/x";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task AnswerHeader_WithOtherLettersThanAscii_PassesUnchanged()
    {
        await using var app = await StreamingApp.StartAsync(context =>
        {
            context.Response.Headers.ContentDisposition = "attachment; filename=été-商品.txt";
            return context.Response.WriteAsync("file");
        });
        await using var sidecar = await StartAsync(app);

        using var response = await sidecar.Http.GetAsync(Call);

        Assert.Equal("file", await response.Content.ReadAsStringAsync());
        var received = response.Content.Headers.NonValidated["Content-Disposition"].ToString();
        Assert.Equal("attachment; filename=été-商品.txt", Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(received)));
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 304)]
    public async Task AnswerWithALengthButNoBody_KeepsItsLengthAndTheConnection(string method, int status)
    {
        await using var app = await StreamingApp.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentLength = 1234;
            context.Response.Headers.ETag = "\"7\"";
            return Task.CompletedTask;
        });
        await using var sidecar = await StartAsync(app);

        var request = $"{method} {Call} HTTP/1.1\r\nHost: x\r\n";
        var answers = await SendRawAsync(sidecar, $"{request}\r\n{request}Connection: close\r\n\r\n");

        var each = answers.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, each.Length);
        Assert.All(each, answer => Assert.StartsWith($"{status} ", answer, StringComparison.Ordinal));
        Assert.All(each, answer => Assert.Contains("Content-Length: 1234\r\n", answer, StringComparison.Ordinal));
        Assert.All(each, answer => Assert.Contains("ETag: \"7\"\r\n", answer, StringComparison.Ordinal));
        Assert.All(each, answer => Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answer204_HasNeitherLengthNorChunks()
    {
        await using var app = await StreamingApp.StartAsync(context =>
        {
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        });
        await using var sidecar = await StartAsync(app);

        var answer = await SendRawAsync(sidecar, $"GET {Call} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 204 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Transfer-Encoding", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Content-Length", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Request_ThatWaitsFor100_IsTakenAndAnswered()
    {
        await using var app = await StreamingApp.StartAsync(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync($"{await body.ReadToEndAsync()} {context.Request.Headers.Expect}");
        });
        await using var sidecar = await StartAsync(app);
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, sidecar.Host.Options.HttpPort);
        using var reader = new StreamReader(connection.GetStream());

        await WriteAsync(connection, $"POST {Call} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
        var goOn = await reader.ReadLineAsync().WaitAsync(Deadline);
        await WriteAsync(connection, "body");
        var answer = await reader.ReadToEndAsync().WaitAsync(Deadline);

        Assert.Equal("HTTP/1.1 100 Continue", goOn);
        Assert.Contains("HTTP/1.1 200 OK", answer, StringComparison.Ordinal);
        Assert.Contains("body ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WebSocket_AskedFor_IsAnsweredAsAPlainRequest()
    {
        await using var app = await StreamingApp.StartAsync(context =>
        {
            context.Response.StatusCode = 426;
            return context.Response.WriteAsync($"upgrade: {context.Request.Headers.Upgrade}");
        });
        await using var sidecar = await StartAsync(app);

        var answer = await SendRawAsync(
            sidecar, $"GET {Call} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 426 ", answer, StringComparison.Ordinal);
        Assert.Contains("upgrade: ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RequestBody_OverTheLimit_IsADirectInvokeErrorNotABrokenConnection(bool chunked)
    {
        await using var app = await StreamingApp.StartAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync("never");
        });
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            Options = options => options with { AppPort = app.Port, MaxBodySizeBytes = 100_000 },
        });
        var body = new string('x', 1_000_000);

        var answer = chunked
            ? await sidecar.Http.SendTextAsync("POST", Call, body, ("Transfer-Encoding", "chunked"))
            : await sidecar.Http.SendTextAsync("POST", Call, body);
        var small = await sidecar.Http.SendTextAsync("POST", Call, "x");

        Assert.Equal("""500 {"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: app, err: http: request body too large"}""", answer);
        Assert.Equal("200 never", small);
    }

    [Fact]
    public async Task RequestHeaders_OverTheLimit_Are431()
    {
        await using var app = await StreamingApp.StartAsync(context => context.Response.WriteAsync("reached"));
        await using var sidecar = await StartAsync(app);

        var fits = await SendRawAsync(sidecar, $"GET {Call} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: {new string('x', 7000)}\r\n\r\n");
        var tooLong = await SendRawAsync(sidecar, $"GET {Call} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: {new string('x', 9000)}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200 ", fits, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 431 ", tooLong, StringComparison.Ordinal);
    }

    private static Task<RunningSidecar> StartAsync(StreamingApp app) =>
        RunningSidecar.StartAsync(new SidecarSetup { Options = options => options with { AppPort = app.Port } });

    private static async Task<string> SendRawAsync(RunningSidecar sidecar, string request)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, sidecar.Host.Options.HttpPort);
        await WriteAsync(connection, request);
        using var reader = new StreamReader(connection.GetStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync().WaitAsync(Deadline);
    }

    private static async Task WriteAsync(TcpClient connection, string text) =>
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
}
