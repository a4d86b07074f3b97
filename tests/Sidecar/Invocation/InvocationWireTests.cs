using System.Net;
using System.Net.Sockets;
using System.Text;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.Invocation;

public sealed class InvocationWireTests : IAsyncLifetime
{
    private readonly SharedClients _clients = new();
    private FakeApp _app = null!;
    private RunningSidecar _callee = null!;
    private RunningSidecar _caller = null!;

    public async Task InitializeAsync()
    {
        _app = await FakeApp.StartAsync();
        var process = new SidecarProcess(_clients, new SidecarDirectory(), TimeProvider.System);
        _callee = await RunningSidecar.StartAsync(new SidecarSetup
        {
            AppId = "callee",
            App = _app,
            Process = process,
            Options = options => options with { AppApiToken = "app-token" },
        });
        _caller = await RunningSidecar.StartAsync(new SidecarSetup { AppId = "caller", Process = process });
    }

    public async Task DisposeAsync()
    {
        await _caller.DisposeAsync();
        await _callee.DisposeAsync();
        await _app.DisposeAsync();
        await _clients.DisposeAsync();
    }

    [Theory]
    [InlineData("dapr-app-id", "callee")]
    [InlineData("Authorization", "Basic ZGFwci1hcHAtaWQ6Y2FsbGVl")] // dapr-app-id:callee
    public async Task Invoke_AnAppThatAHeaderNames_TakesTheWholePathAsTheMethod(string name, string value)
    {
        _app.Answer = _ => new AppAnswer(201, "answer", "text/plain");
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/orders/a%2Fb?x=1") { Content = new StringContent("body") };
        request.Headers.TryAddWithoutValidation(name, value);

        using var answer = await _caller.Http.SendAsync(request);

        Assert.Equal((201, "answer"), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        var call = Call();
        Assert.Equal(("PUT", "/api/v1/orders/a/b?x=1", "body"), (call.Method, call.Target, call.Text));
        Assert.DoesNotContain(name, call.Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("Authorization", "Basic ZGFwci1hcHA6Y2FsbGVl")]
    [InlineData("Authorization", "Basic %%%")]
    [InlineData("Authorization", "Bearer dapr-app-id:callee")]
    [InlineData("dapr-app-id", "")]
    public async Task Invoke_NoAppInTheHeaders_Is404(string name, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/orders");
        request.Headers.TryAddWithoutValidation(name, value);

        using var answer = await _caller.Http.SendAsync(request);

        Assert.Equal(404, (int)answer.StatusCode);
        Assert.Contains("ERR_DIRECT_INVOKE", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", 200)]
    [InlineData("POST", 201)]
    [InlineData("PUT", 409)]
    [InlineData("DELETE", 404)]
    [InlineData("PATCH", 500)]
    [InlineData("OPTIONS", 204)]
    [InlineData("GET", 302)]
    public async Task Invoke_WithAnyVerb_PassesRequestAndAnswerThrough(string method, int status)
    {
        _app.Answer = _ => new AppAnswer(status, status == 204 ? "" : "answer", "text/plain");

        var answer = await _caller.Http.SendTextAsync(method, "/v1.0/invoke/callee/method/api/v1/orders?a=1&b=%20%2B&a=2", "{\"n\":1}");

        Assert.Equal(status == 204 ? "204" : $"{status} answer", answer);
        var request = Call();
        Assert.Equal((method, "/api/v1/orders?a=1&b=%20%2B&a=2", "{\"n\":1}"), (request.Method, request.Target, request.Text));
        Assert.Equal("application/json", request.Headers["Content-Type"]);
    }

    [Fact]
    public async Task Invoke_ByTheSidecar_NamesCallerAndCalleeWhateverTheClientSays()
    {
        await _caller.Http.SendTextAsync(
            "GET",
            "/v1.0/invoke/callee/method/m",
            null,
            ("dapr-caller-app-id", "evil"),
            ("Dapr-Caller-Namespace", "evil"),
            ("dapr-callee-app-id", "evil"),
            ("dapr-api-token", "client-token"),
            ("X-Forwarded-For", "203.0.113.7"),
            ("x-own", "kept"));

        var headers = Call().Headers;
        Assert.Equal("caller", headers["dapr-caller-app-id"]);
        Assert.Equal("default", headers["dapr-caller-namespace"]);
        Assert.Equal("callee", headers["dapr-callee-app-id"]);
        Assert.Equal("app-token", headers["dapr-api-token"]);
        Assert.StartsWith("203.0.113.7", headers["X-Forwarded-For"], StringComparison.Ordinal);
        Assert.Equal(Environment.MachineName, headers["X-Forwarded-Host"]);
        Assert.StartsWith("for=", headers["Forwarded"], StringComparison.Ordinal);
        Assert.Equal("kept", headers["x-own"]);
    }

    [Fact]
    public async Task Invoke_OfTheOwnApp_IsNotForwarded()
    {
        await _callee.Http.SendTextAsync("GET", "/v1.0/invoke/callee/method/m");

        var headers = Call().Headers;
        Assert.Equal("callee", headers["dapr-caller-app-id"]);
        Assert.DoesNotContain("X-Forwarded-For", headers.Keys);
    }

    [Fact]
    public async Task Invoke_WithHeadersOutsideAscii_PassesThemBothWays()
    {
        _app.Answer = _ => new AppAnswer(200, "{}") { Header = ("x-file", "\u540d.txt") };

        var answer = await SendRawAsync("GET /v1.0/invoke/callee/method/m HTTP/1.1\r\nHost: x\r\nx-asked: \u540d.txt\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains("x-file: \u540d.txt", answer, StringComparison.Ordinal);
        Assert.Equal("\u540d.txt", Call().Headers["x-asked"]);
    }

    [Fact]
    public async Task Invoke_WithATrace_PassesItOn()
    {
        const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

        await _caller.Http.SendTextAsync(
            "GET", "/v1.0/invoke/callee/method/m", null, ("traceparent", Trace), ("tracestate", "a=b"), ("baggage", "k=v"));

        var headers = Call().Headers;
        Assert.Equal((Trace, "a=b", "k=v"), (headers["traceparent"], headers["tracestate"], headers["baggage"]));
    }

    [Theory]
    [InlineData("Connection: keep-alive, X-Mine\r\nX-Mine: 1\r\n", "X-Mine")]
    [InlineData("Keep-Alive: timeout=5\r\n", "Keep-Alive")]
    [InlineData("TE: trailers\r\n", "TE")]
    [InlineData("Proxy-Authorization: secret\r\n", "Proxy-Authorization")]
    [InlineData("Upgrade: websocket\r\n", "Upgrade")]
    public async Task Header_OfOneConnection_StaysOnIt(string lines, string name)
    {
        var answer = await SendRawAsync($"GET /v1.0/invoke/callee/method/m HTTP/1.1\r\nHost: x\r\n{lines}X-Other: 2\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 404", answer, StringComparison.Ordinal);
        var headers = Call().Headers;
        Assert.DoesNotContain(name, headers.Keys);
        Assert.Equal("2", headers["X-Other"]);
    }

    [Theory]
    [InlineData("test%22stream", "/test%22stream")]
    [InlineData("test%2Astream", "/test*stream")]
    [InlineData("admin%2F..%2Fpublic", "/public")]
    [InlineData("a%20b?q=a%20b+c", "/a%20b?q=a%20b+c")]
    [InlineData("", "/")]
    public async Task Method_WithReservedCharacters_ReachesTheAppEncoded(string method, string target)
    {
        await SendRawAsync($"GET /v1.0/invoke/callee/method/{method} HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal(target, Call().Target);
    }

    [Theory]
    [InlineData("test%23stream")]
    [InlineData("test%3Fstream")]
    [InlineData("test%0Dstream")]
    [InlineData("test%25stream")]
    public async Task Method_ThatWouldChangeTheUrl_IsAnError(string method)
    {
        var answer = await SendRawAsync($"GET /v1.0/invoke/callee/method/{method} HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 500", answer, StringComparison.Ordinal);
        Assert.Contains("""{"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: callee, err: invalid method: """, answer, StringComparison.Ordinal);
        Assert.DoesNotContain(_app.Requests, request => request.Headers.ContainsKey("dapr-caller-app-id"));
    }

    [Fact]
    public async Task Invoke_OfAnUnknownApp_IsADirectInvokeError()
    {
        var answer = await _caller.Http.SendTextAsync("GET", "/v1.0/invoke/nobody/method/m");

        Assert.Equal("""500 {"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: nobody, err: couldn't find service: nobody"}""", answer);
    }

    [Fact]
    public async Task Invoke_UnderARetryPolicy_ReturnsTheLastAnswerOfTheApp()
    {
        const string Policy = """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: { name: r }
            spec:
              policies:
                retries:
                  DefaultAppRetryPolicy: { policy: constant, duration: 10ms, maxRetries: 3 }
            """;
        _app.Answer = request => new AppAnswer(request.Target == "/m" ? 400 : 404, "bad", "text/plain");
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup { AppId = "self", App = _app, Resources = [Policy] });

        var answer = await sidecar.Http.SendTextAsync("POST", "/v1.0/invoke/self/method/m", "{}");

        Assert.Equal("400 bad", answer);
        Assert.Equal(4, _app.Requests.Count(request => request.Target == "/m"));
    }

    private AppRequest Call() => Assert.Single(_app.Requests, request => request.Headers.ContainsKey("dapr-caller-app-id"));

    // As written: a client library would resolve and encode the path itself.
    private async Task<string> SendRawAsync(string request)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, _caller.Host.Options.HttpPort);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.Replace("Host: x\r\n", "Host: x\r\nConnection: close\r\n", StringComparison.Ordinal)));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
