using DaprShop.Tests.Grpc;
using DaprShop.Tests.Launcher;
using DaprShop.Tests.Wire;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Components;
using Sidecar.Grpc.DaprApi;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.AccessControl;

/// <summary>Access control in front of real apps: what is allowed is what the app gets, on every way to it.</summary>
public sealed class AccessControlWireTests : IAsyncLifetime
{
    private const string Say = "/test.Echo/Say";

    private readonly TemporaryFolder _folder = new();
    private readonly SharedClients _here = new();
    private readonly SharedClients _there = new();
    private FakeApp _app = null!;
    private FakeGrpcApp _grpcApp = null!;
    private RunningSidecar _callee = null!;
    private RunningSidecar _grpcCallee = null!;
    private GrpcSidecar _near = null!;
    private GrpcSidecar _far = null!;
    private GrpcSidecar _other = null!;

    public async Task InitializeAsync()
    {
        _app = await FakeApp.StartAsync(request => new AppAnswer(request.Target.StartsWith("/dapr", StringComparison.Ordinal) ? 404 : 200, "done"));
        _grpcApp = await new FakeGrpcApp()
            .On(Say, StringValue.Parser, request => request)
            .On("OnInvoke", InvokeRequest.Parser, _ => new InvokeResponse())
            .StartAsync();
        var shared = new SidecarProcess(_there, new SidecarDirectory(), TimeProvider.System);
        _callee = await RunningSidecar.StartAsync(Setup("callee", shared, options => options with { AppPort = _app.Port }, "/admin/*"));
        _grpcCallee = await RunningSidecar.StartAsync(
            Setup("grpc-callee", shared, options => options with { AppPort = _grpcApp.Port, AppProtocol = "grpc" }, Say, "/secret"));
        _near = await GrpcSidecar.StartAsync(Setup("caller", shared, options => options));
        _other = await GrpcSidecar.StartAsync(Setup("other", shared, options => options));
        _far = await GrpcSidecar.StartAsync(Setup("caller", new SidecarProcess(_here, new SidecarDirectory(), TimeProvider.System), options => options));
    }

    public async Task DisposeAsync()
    {
        foreach (var sidecar in new[] { _near, _far, _other })
        {
            await sidecar.DisposeAsync();
        }

        await _grpcCallee.DisposeAsync();
        await _callee.DisposeAsync();
        await _grpcApp.DisposeAsync();
        await _app.DisposeAsync();
        await _here.DisposeAsync();
        await _there.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("admin/users", "/admin/users")]
    [InlineData("Admin/users", "/Admin/users")]
    [InlineData("%61dmin/users", "/admin/users")]
    [InlineData("%2561dmin/users", "/%61dmin/users")]
    [InlineData("admin%2Fusers", "/admin/users")]
    [InlineData("x/../admin//users/", "/admin/users")]
    [InlineData("x/%2e%2e/admin/users?allowed=/public", "/admin/users")]
    public async Task Http_OfADeniedOperation_Is403HereAndFromAnotherProcess(string method, string operation)
    {
        foreach (var caller in new[] { _near, _far })
        {
            Assert.Equal(
                $$"""403 {"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: callee, err: rpc error: code = PermissionDenied desc = access control policy has denied access to id: caller operation: {{operation}} verb: GET"}""",
                await caller.Running.Http.SendTextAsync("GET", $"/v1.0/invoke/callee/method/{method}"));
        }

        Assert.DoesNotContain(_app.Requests, request => request.Target.Contains("users", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Http_OfAnAllowedOperation_ReachesTheAppAndAnUnknownCallerDoesNot()
    {
        Assert.Equal("200 done", await _near.Running.Http.SendTextAsync("GET", "/v1.0/invoke/callee/method/public"));
        Assert.Equal("200 done", await _far.Running.Http.SendTextAsync("GET", "/v1.0/invoke/callee/method/public"));
        Assert.StartsWith(
            "403 ",
            await _other.Running.Http.SendTextAsync("GET", "/v1.0/invoke/callee/method/public", null, ("dapr-caller-app-id", "caller"), ("sidecar-trust-domain", "public")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Grpc_OfADeniedOperation_IsPermissionDeniedOnEveryWay()
    {
        const string Denied = "access control policy has denied access to id: caller operation:";
        foreach (var caller in new[] { _near, _far })
        {
            var proxied = await caller.Client.CallAsync(Say, new StringValue(), default, ("dapr-app-id", "grpc-callee"));
            var disguised = await caller.Client.CallAsync("/test.Echo/%53ay", new StringValue(), default, ("dapr-app-id", "grpc-callee"));
            var lower = await caller.Client.CallAsync("/test.echo/say", new StringValue(), default, ("dapr-app-id", "grpc-callee"));
            var allowed = await caller.Client.CallAsync("/test.Echo/Other", new StringValue(), default, ("dapr-app-id", "grpc-callee"));

            Assert.Equal((7, $"{Denied} {Say} verb: POST"), (proxied.Status, proxied.Message));
            Assert.Equal((7, $"{Denied} {Say} verb: POST"), (disguised.Status, disguised.Message));
            Assert.Equal((7, $"{Denied} /test.echo/say verb: POST"), (lower.Status, lower.Message));
            Assert.Equal(12, allowed.Status);
            Assert.StartsWith($"7 failed to invoke, id: grpc-callee, err: rpc error: code = PermissionDenied desc = {Denied} /secret", await InvokeAsync(caller, "secret"), StringComparison.Ordinal);
            Assert.StartsWith("0 ", await InvokeAsync(caller, "open"), StringComparison.Ordinal);
        }

        Assert.Equal("open", Assert.Single(_grpcApp.CallsOf("OnInvoke").Select(call => call.As<InvokeRequest>().Method).Distinct()));
        Assert.Empty(_grpcApp.CallsOf(Say));
    }

    private static Task<string> InvokeAsync(GrpcSidecar caller, string method) =>
        caller.EndAsync("InvokeService", new InvokeServiceRequest { Id = "grpc-callee", Message = new InvokeRequest { Method = method } });

    private SidecarSetup Setup(string appId, SidecarProcess process, Func<SidecarOptions, SidecarOptions> options, params string[] denied) => new()
    {
        AppId = appId,
        Process = process,
        Options = options,
        Configurations =
        [
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: { name: c }
            spec:
              nameResolution: { component: sqlite, configuration: { connectionString: "{{Path.Combine(_folder.Path, "names.db")}}" } }
              accessControl:
                {{(denied.Length == 0 ? "trustDomain: \"\"" : "defaultAction: deny")}}
                policies: {{(denied.Length == 0 ? "[]" : $$"""
                [{ appId: caller, defaultAction: allow, trustDomain: public, namespace: default, operations: [{{string.Join(", ", denied.Select(name => $$"""{ name: "{{name}}", httpVerb: ["*"], action: deny }"""))}}] }]
                """)}}
            """,
        ],
    };
}
