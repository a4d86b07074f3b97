using DaprShop.Tests.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Components;
using Sidecar.Grpc.DaprApi;
using Sidecar.Host;
using Sidecar.Invocation;
using static Sidecar.Grpc.DaprApi.HTTPExtension.Types;

namespace DaprShop.Tests.Grpc;

public sealed class InvokeServiceTests : IAsyncLifetime
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private readonly SharedClients _clients = new();
    private FakeApp _app = null!;
    private RunningSidecar _callee = null!;
    private GrpcSidecar _caller = null!;

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
        _caller = await GrpcSidecar.StartAsync(new SidecarSetup { AppId = "caller", Process = process });
    }

    public async Task DisposeAsync()
    {
        await _caller.DisposeAsync();
        await _callee.DisposeAsync();
        await _app.DisposeAsync();
        await _clients.DisposeAsync();
    }

    [Theory]
    [InlineData(Verb.Get, "GET")]
    [InlineData(Verb.Post, "POST")]
    [InlineData(Verb.Put, "PUT")]
    [InlineData(Verb.Delete, "DELETE")]
    [InlineData(Verb.Patch, "PATCH")]
    [InlineData(Verb.Options, "OPTIONS")]
    public async Task Invoke_WithEachVerb_PassesRequestAndAnswerThrough(object verb, string method)
    {
        _app.Answer = _ => new AppAnswer(201, "\u00e4nswer", "text/plain") { Header = ("x-app", "yes") };

        var reply = await _caller.CallAsync("InvokeService", Request((Verb)verb), ("x-mine", "1"), ("traceparent", Trace), ("dapr-api-token", "clients"));

        Assert.Equal(0, reply.Status);
        var response = InvokeResponse.Parser.ParseFrom(reply.Single);
        Assert.Equal(("\u00e4nswer", "text/plain"), (response.Data.Value.ToStringUtf8(), response.ContentType));
        Assert.Equal(("yes", "201", "text/plain"), (reply.Headers["x-app"], reply.Headers["dapr-http-status"], reply.Headers["dapr-content-type"]));
        var request = Call();
        Assert.Equal((method, "/api/v1/things?a=1&b=%20", "{\"n\":1}"), (request.Method, request.Target, request.Text));
        Assert.Equal(
            ("application/json", "1", Trace, "caller", "callee", "app-token"),
            (request.Headers["Content-Type"], request.Headers["x-mine"], request.Headers["traceparent"], request.Headers["dapr-caller-app-id"],
                request.Headers["dapr-callee-app-id"], request.Headers["dapr-api-token"]));
        Assert.DoesNotContain(request.Headers.Keys, name => name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase) || name == "te");
    }

    [Fact]
    public async Task Invoke_WithoutData_SendsNoBody()
    {
        _app.Answer = _ => new AppAnswer(204);

        var response = await _caller.CallAsync(
            "InvokeService",
            new InvokeServiceRequest { Id = "callee", Message = new InvokeRequest { Method = "/", HttpExtension = new HTTPExtension { Verb = Verb.Get } } },
            InvokeResponse.Parser);

        Assert.Equal(("", ""), (response.Data.Value.ToStringUtf8(), response.ContentType));
        Assert.Equal(("/", 0, false), (Call().Target, Call().Body.Length, Call().Headers.ContainsKey("Content-Type")));
    }

    [Theory]
    [InlineData(400, 13, "Bad Request")]
    [InlineData(401, 16, "Unauthorized")]
    [InlineData(403, 7, "Forbidden")]
    [InlineData(404, 5, "Not Found")]
    [InlineData(408, 1, "Request Timeout")]
    [InlineData(409, 6, "Conflict")]
    [InlineData(429, 8, "Too Many Requests")]
    [InlineData(500, 2, "Internal Server Error")]
    [InlineData(501, 12, "Not Implemented")]
    [InlineData(503, 14, "Service Unavailable")]
    [InlineData(504, 4, "Gateway Timeout")]
    [InlineData(302, 2, "Found")]
    public async Task Invoke_AnAnswerOtherThan2xx_IsTheStatusOfTheContract(int status, int code, string text)
    {
        _app.Answer = _ => new AppAnswer(status, new string('x', 100));

        var end = await _caller.EndAsync("InvokeService", Request(Verb.Post));
        var reply = await _caller.CallAsync("InvokeService", Request(Verb.Post));

        Assert.Equal($"{code} {text} | {text} dapr.io http.code={status} http.error_message={new string('x', 63)}", end);
        Assert.Equal(status.ToString(System.Globalization.CultureInfo.InvariantCulture), reply.Headers["dapr-http-status"]);
    }

    [Fact]
    public async Task Invoke_AnUnknownApp_IsInternal()
    {
        var request = Request(Verb.Get);
        request.Id = "nobody";

        Assert.Equal("13 failed to invoke, id: nobody, err: couldn't find service: nobody", await _caller.EndAsync("InvokeService", request));
    }

    [Theory]
    [InlineData(Verb.None)]
    [InlineData(Verb.Connect)]
    [InlineData((Verb)99)]
    public async Task Invoke_AVerbThatHttpLacks_IsRefused(object verb)
    {
        Assert.Equal(
            "13 failed to invoke, id: callee, err: rpc error: code = InvalidArgument desc = invalid HTTP verb",
            await _caller.EndAsync("InvokeService", Request((Verb)verb)));
        Assert.DoesNotContain(_app.Requests, request => request.Target.StartsWith("/api", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Invoke_WithoutMessageOrExtension_IsRefused()
    {
        const string Expected = "13 failed to invoke, id: callee, err: rpc error: code = InvalidArgument desc = missing HTTP extension field";

        Assert.Equal(Expected, await _caller.EndAsync("InvokeService", new InvokeServiceRequest { Id = "callee" }));
        Assert.Equal(
            Expected, await _caller.EndAsync("InvokeService", new InvokeServiceRequest { Id = "callee", Message = new InvokeRequest { Method = "m" } }));
    }

    [Theory]
    [InlineData("a#b")]
    [InlineData("a?b=1")]
    public async Task Invoke_AMethodThatIsNoPath_IsRefused(string method)
    {
        var request = Request(Verb.Get);
        request.Message.Method = method;

        Assert.Equal(
            "13 failed to invoke, id: callee, err: invalid method: it contains a forbidden character", await _caller.EndAsync("InvokeService", request));
    }

    [Fact]
    public async Task Invoke_UnderARetryPolicy_SendsTheSameBodyAgain()
    {
        var answers = 0;
        _app.Answer = request => request.Target == "/m" ? new AppAnswer(++answers < 3 ? 503 : 200, "ok") : new AppAnswer(404);
        await using var sidecar = await GrpcSidecar.StartAsync(new SidecarSetup
        {
            AppId = "self",
            App = _app,
            Resources =
            [
                """
                apiVersion: dapr.io/v1alpha1
                kind: Resiliency
                metadata: { name: r }
                spec:
                  policies: { retries: { many: { policy: constant, duration: 1ms, maxRetries: 5 } } }
                  targets: { apps: { self: { retry: many } } }
                """,
            ],
        });

        var request = Request(Verb.Post);
        (request.Id, request.Message.Method, request.Message.HttpExtension.Querystring) = ("self", "m", "");
        var response = await sidecar.CallAsync("InvokeService", request, InvokeResponse.Parser);

        Assert.Equal("ok", response.Data.Value.ToStringUtf8());
        Assert.Equal(["{\"n\":1}", "{\"n\":1}", "{\"n\":1}"], _app.Requests.Where(sent => sent.Target == "/m").Select(sent => sent.Text));
    }

    private static InvokeServiceRequest Request(Verb verb) => new()
    {
        Id = "callee",
        Message = new InvokeRequest
        {
            Method = "api/v1/things",
            Data = new Any { Value = ByteString.CopyFromUtf8("{\"n\":1}") },
            ContentType = "application/json",
            HttpExtension = new HTTPExtension { Verb = verb, Querystring = "a=1&b=%20" },
        },
    };

    private AppRequest Call() => _app.Requests.Last(request => !request.Target.StartsWith("/dapr", StringComparison.Ordinal));
}
