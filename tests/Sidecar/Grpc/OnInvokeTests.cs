using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Components;
using Sidecar.Grpc;
using Sidecar.Grpc.DaprApi;
using Sidecar.Host;
using Sidecar.Invocation;
using static Sidecar.Grpc.DaprApi.HTTPExtension.Types;

namespace DaprShop.Tests.Grpc;

/// <summary>Service invocation of an app that speaks gRPC, from HTTP and from gRPC (dapr-contract.md 7.2, 14.3).</summary>
public sealed class OnInvokeTests : IAsyncLifetime
{
    private readonly SharedClients _clients = new();
    private Func<InvokeRequest, GrpcCall, Task<InvokeResponse>> _answer = (_, _) => Task.FromResult(new InvokeResponse());
    private FakeGrpcApp _app = null!;
    private RunningSidecar _callee = null!;
    private GrpcSidecar _caller = null!;

    public async Task InitializeAsync()
    {
        _app = await new FakeGrpcApp().On("OnInvoke", InvokeRequest.Parser, (request, call) => _answer(request, call)).StartAsync();
        var process = new SidecarProcess(_clients, new SidecarDirectory(), TimeProvider.System);
        _callee = await RunningSidecar.StartAsync(new SidecarSetup
        {
            AppId = "callee",
            Process = process,
            Options = options => options with { AppPort = _app.Port, AppProtocol = "grpc", AppApiToken = "app-token", AppMaxConcurrency = 2 },
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

    [Fact]
    public async Task Http_ToTheApp_BecomesOnInvokeAndItsAnswerAnHttpAnswer()
    {
        _answer = (_, call) =>
        {
            call.AnswerHeaders["x-app"] = "yes";
            return Task.FromResult(new InvokeResponse { Data = new Any { Value = ByteString.CopyFromUtf8("done") }, ContentType = "text/plain" });
        };
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v1.0/invoke/callee/method/api/../v2/thing%20one?a=1&b=%20")
        {
            Content = new StringContent("{\"n\":1}", System.Text.Encoding.UTF8, "application/json"),
            Headers = { { "x-mine", "1" }, { "cache-control", "no-store" }, { "sidecar-data-type", "forged" }, { "dapr-caller-app-id", "forged" } },
        };

        using var answer = await _caller.Running.Http.SendAsync(request);

        Assert.Equal(
            (200, "done", "text/plain", "yes"),
            ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Content.Headers.ContentType?.ToString(), answer.Headers.GetValues("x-app").Single()));
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("sidecar-", StringComparison.OrdinalIgnoreCase) || header.Key.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase));
        var call = Assert.Single(_app.CallsOf("OnInvoke"));
        var invoke = call.As<InvokeRequest>();
        Assert.Equal(
            ("v2/thing%20one", "{\"n\":1}", "", "application/json; charset=utf-8", Verb.Put, "a=1&b=%20"),
            (invoke.Method, invoke.Data.Value.ToStringUtf8(), invoke.Data.TypeUrl, invoke.ContentType, invoke.HttpExtension.Verb, invoke.HttpExtension.Querystring));
        Assert.Equal(
            ("1", "no-store", "caller", "callee", "app-token"),
            (call.Metadata["x-mine"], call.Metadata["dapr-cache-control"], call.Metadata["dapr-caller-app-id"], call.Metadata["dapr-callee-app-id"], call.Metadata["dapr-api-token"]));
        Assert.DoesNotContain(call.Metadata.Keys, name => name.StartsWith("sidecar-", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData(1, 408)]
    [InlineData(2, 500)]
    [InlineData(3, 400)]
    [InlineData(4, 504)]
    [InlineData(5, 404)]
    [InlineData(6, 409)]
    [InlineData(7, 403)]
    [InlineData(8, 429)]
    [InlineData(9, 400)]
    [InlineData(10, 409)]
    [InlineData(11, 400)]
    [InlineData(12, 501)]
    [InlineData(13, 500)]
    [InlineData(14, 503)]
    [InlineData(15, 500)]
    [InlineData(16, 401)]
    public async Task Status_OfTheApp_IsTheHttpStatusOfTheContractAndItselfToGrpc(int code, int http)
    {
        _answer = (_, _) => throw new GrpcException((GrpcStatusCode)code, "n\u00f6 100%");

        Assert.Equal($$"""{{http}} {"code":{{code}},"message":"nö 100%"}""", await _caller.Running.Http.SendTextAsync("GET", "/v1.0/invoke/callee/method/m"));
        Assert.Equal($"{code} n\u00f6 100%", await _caller.EndAsync("InvokeService", Request()));
    }

    [Fact]
    public async Task Details_OfTheAppsStatus_ReachAGrpcCaller()
    {
        _answer = (_, _) => throw new GrpcException(GrpcStatusCode.AlreadyExists, "taken")
        {
            Details = [new Sidecar.Grpc.Rpc.ErrorInfo { Reason = "TAKEN", Domain = "shop" }],
        };

        Assert.Equal("6 taken | TAKEN shop", await _caller.EndAsync("InvokeService", Request()));
    }

    [Fact]
    public async Task Grpc_ToTheApp_KeepsTheTypeOfTheDataBothWaysAndNeedsNoVerb()
    {
        _answer = (request, _) => Task.FromResult(new InvokeResponse { Data = new Any { TypeUrl = "type/" + request.Data.TypeUrl, Value = request.Data.Value }, ContentType = "x/y" });
        var request = Request();
        request.Message.Data = new Any { TypeUrl = "their.Type", Value = ByteString.CopyFromUtf8("bytes") };

        var reply = await _caller.CallAsync("InvokeService", request);

        var response = InvokeResponse.Parser.ParseFrom(reply.Single);
        Assert.Equal(("type/their.Type", "bytes", "x/y"), (response.Data.TypeUrl, response.Data.Value.ToStringUtf8(), response.ContentType));
        Assert.False(reply.Headers.ContainsKey("dapr-http-status"));
        Assert.Equal(Verb.None, _app.CallsOf("OnInvoke").Last().As<InvokeRequest>().HttpExtension.Verb);
    }

    [Fact]
    public async Task MaxConcurrency_OfTheApp_HoldsTheThirdCallBack()
    {
        var release = new TaskCompletionSource();
        _answer = async (_, _) =>
        {
            await release.Task;
            return new InvokeResponse();
        };
        var calls = Enumerable.Range(0, 3).Select(_ => _caller.CallAsync("InvokeService", Request())).ToList();
        await Eventually.True(() => _app.CallsOf("OnInvoke").Count() == 2);

        release.SetResult();
        var replies = await Task.WhenAll(calls);

        Assert.All(replies, reply => Assert.Equal(0, reply.Status));
        Assert.Equal(3, _app.CallsOf("OnInvoke").Count());
    }

    [Fact]
    public async Task Body_OverTheLimitOfTheMessage_IsARefusedInvocation()
    {
        using var content = new ByteArrayContent(new byte[(4 << 20) + 1]);
        using var answer = await _caller.Running.Http.PostAsync("/v1.0/invoke/callee/method/m", content);

        Assert.Equal(500, (int)answer.StatusCode);
        Assert.Equal(
            """{"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: callee, err: http: request body too large"}""", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Answer_OverTheLimitOfTheMessage_IsResourceExhausted()
    {
        _answer = (_, _) => Task.FromResult(new InvokeResponse { Data = new Any { Value = ByteString.CopyFrom(new byte[5 << 20]) } });

        var reply = await _caller.CallAsync("InvokeService", Request());

        Assert.Equal(8, reply.Status);
        Assert.StartsWith("grpc: received message larger than max (", reply.Message, StringComparison.Ordinal);
    }

    private static InvokeServiceRequest Request() => new() { Id = "callee", Message = new InvokeRequest { Method = "m" } };
}
