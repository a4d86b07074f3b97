using DaprShop.Tests.Actors;
using DaprShop.Tests.Configuration;
using DaprShop.Tests.Grpc;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Grpc.DaprApi;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.Metrics;

/// <summary>Service invocation, policies, actors and errors, as the metrics tell them.</summary>
public sealed class CallMetricsTests
{
    [Fact]
    public async Task Invocations_AreCountedOnBothSides()
    {
        await using var clients = new SharedClients();
        var process = new SidecarProcess(clients, new SidecarDirectory(), TimeProvider.System);
        await using var app = await FakeApp.StartAsync(request => new AppAnswer(request.Target == "/ok" ? 200 : 404));
        await using var callee = await RunningSidecar.StartAsync(Setup() with { AppId = "callee", App = app, Process = process });
        await using var caller = await RunningSidecar.StartAsync(Setup() with { AppId = "caller", Process = process });

        await caller.Http.SendTextAsync("GET", "/v1.0/invoke/callee/method/ok");
        await caller.Http.SendTextAsync("GET", "/v1.0/invoke/callee/method/missing");
        await callee.Http.SendTextAsync("GET", "/v1.0/invoke/callee/method/ok");

        await MetricsPage.ShowsAsync(
            caller,
            "dapr_runtime_service_invocation_req_sent_total{app_id=\"caller\",dst_app_id=\"callee\",type=\"unary\"} 2",
            "dapr_runtime_service_invocation_res_recv_total{app_id=\"caller\",src_app_id=\"callee\",status=\"200\",type=\"unary\"} 1",
            "dapr_runtime_service_invocation_res_recv_total{app_id=\"caller\",src_app_id=\"callee\",status=\"404\",type=\"unary\"} 1",
            "dapr_runtime_service_invocation_res_recv_latency_ms_count{app_id=\"caller\",src_app_id=\"callee\",status=\"200\"} 1");
        var lines = await MetricsPage.ShowsAsync(
            callee,
            "dapr_runtime_service_invocation_req_recv_total{app_id=\"callee\",src_app_id=\"caller\"} 2",
            "dapr_runtime_service_invocation_res_sent_total{app_id=\"callee\",dst_app_id=\"caller\",status=\"200\"} 1");
        Assert.DoesNotContain(lines, line => line.StartsWith("dapr_runtime_service_invocation_req_sent_total", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Policies_AreCountedByTargetAndByWhatTheyDid()
    {
        const string Policies = """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: { name: mine }
            spec:
              policies:
                timeouts: { long: 60s }
                retries: { twice: { policy: constant, duration: 1ms, maxRetries: 2 } }
                circuitBreakers: { second: { maxRequests: 1, timeout: 600s, trip: consecutiveFailures >= 2 } }
              targets:
                apps: { callee: { timeout: long, retry: twice, circuitBreaker: second } }
            """;
        await using var clients = new SharedClients();
        var process = new SidecarProcess(clients, new SidecarDirectory(), TimeProvider.System);
        await using var app = await FakeApp.StartAsync(request => new AppAnswer(request.Target == "/x" ? 500 : 404));
        await using var callee = await RunningSidecar.StartAsync(Setup() with { AppId = "callee", App = app, Process = process });
        await using var caller = await RunningSidecar.StartAsync(Setup() with { AppId = "caller", Process = process, Resources = [Policies] });

        await caller.Http.SendTextAsync("GET", "/v1.0/invoke/callee/method/x");

        // The second failure opens the breaker, which ends the retries.
        var lines = await MetricsPage.ReadAsync(caller);
        Assert.Contains("dapr_resiliency_loaded{app_id=\"caller\",name=\"mine\",namespace=\"\"} 1", lines);
        Assert.Contains(Line("count", "timeout", ""), lines);
        Assert.Contains(Line("count", "retry", ""), lines);
        Assert.Contains(Line("count", "circuitbreaker", "closed"), lines);
        Assert.Contains(Line("activations_total", "circuitbreaker", "open"), lines);
        Assert.Contains(Line("cb_state", "circuitbreaker", "open"), lines);
        Assert.Contains(Line("cb_state", "circuitbreaker", "closed", value: 0), lines);
        Assert.Contains(Line("activations_total", "retry", "", value: 2), lines);
        Assert.DoesNotContain(Line("activations_total", "timeout", ""), lines);
        Assert.Contains("# TYPE dapr_resiliency_cb_state gauge", lines);
    }

    [Fact]
    public async Task Errors_AreCountedByCode_WhereTheConfigurationAsksForIt()
    {
        await using var counting = await GrpcSidecar.StartAsync(Setup("metrics: { recordErrorCodes: true }"));
        await using var silent = await GrpcSidecar.StartAsync(Setup());

        foreach (var sidecar in (GrpcSidecar[])[counting, silent])
        {
            await sidecar.Running.Http.SendTextAsync("POST", "/v1.0/bindings/none", """{"operation":"create"}""");
            await sidecar.CallAsync("InvokeBinding", new InvokeBindingRequest { Name = "none", Operation = "create" });
        }

        await MetricsPage.ShowsAsync(counting.Running, "dapr_error_code_total{app_id=\"app\",category=\"binding\",error_code=\"ERR_INVOKE_OUTPUT_BINDING\"} 2");
        Assert.DoesNotContain(await MetricsPage.ReadAsync(silent.Running), line => line.Contains("error_code", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Actors_AreCountedByTypeAndOutcome()
    {
        await using var sidecar = await ActorSidecar.StartAsync(
            answer: request => new AppAnswer(request.Target.Contains("/timer/bad", StringComparison.Ordinal) ? 500 : 200),
            setup: Setup() with { Resources = [ActorSidecar.Store] });

        await sidecar.SendAsync("POST", "cat/tom/timers/good", """{"dueTime":"1s"}""");
        await sidecar.SendAsync("POST", "cat/tom/timers/bad", """{"dueTime":"1s"}""");
        sidecar.Clock.Advance(TimeSpan.FromSeconds(1));

        await MetricsPage.ShowsAsync(
            sidecar.Running,
            "dapr_runtime_actor_timers_fired_total{actor_type=\"cat\",app_id=\"app\",success=\"true\"} 1",
            "dapr_runtime_actor_timers_fired_total{actor_type=\"cat\",app_id=\"app\",success=\"false\"} 1",
            "dapr_runtime_actor_pending_actor_calls{actor_type=\"cat\",app_id=\"app\"} 0");
    }

    [Fact]
    public async Task Rules_RewriteTheLabelsOfTheirMetricAlone()
    {
        await using var sidecar = await RunningSidecar.StartAsync(Setup(
            """metrics: { rules: [{ name: dapr_http_server_request_count, labels: [{ name: path, regex: { "/things/{id}": "/things/[0-9]+" } }] }] }"""));

        await sidecar.Http.SendTextAsync("GET", "/things/17");
        await sidecar.Http.SendTextAsync("GET", "/things/18");
        var lines = await MetricsPage.ReadAsync(sidecar);

        Assert.Contains("dapr_http_server_request_count{app_id=\"app\",method=\"GET\",path=\"/things/{id}\",status=\"404\"} 2", lines);
        Assert.Contains("dapr_http_server_response_count{app_id=\"app\",method=\"GET\",path=\"/things/17\",status=\"404\"} 1", lines);
        Assert.Contains(lines, line => line.StartsWith("dapr_http_server_response_bytes_count{app_id=\"app\"} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rules_WithABadPattern_StopTheStartAndNameThePlace()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => RunningSidecar.StartAsync(Setup(
            """metrics: { rules: [{ name: m, labels: [{ name: path, regex: { x: "(" } }] }] }""")));

        Assert.Contains("spec.metrics.rules[0].labels[0].regex.x", failure.Message, StringComparison.Ordinal);
        Assert.Contains("is no regular expression", failure.Message, StringComparison.Ordinal);
    }

    private static string Line(string metric, string policy, string status, int value = 1) =>
        $"dapr_resiliency_{metric}{{app_id=\"caller\",flow_direction=\"outbound\",name=\"mine\",namespace=\"\",policy=\"{policy}\",status=\"{status}\",target=\"app_callee\"}} {value}";

    private static SidecarSetup Setup(params string[] spec) => new()
    {
        Configurations = spec.Length == 0 ? [] : [ConfigurationText.Of(spec)],
        Options = options => options with { MetricsPort = FreePorts.Two().First },
    };
}
