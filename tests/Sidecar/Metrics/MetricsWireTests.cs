using System.Globalization;
using DaprShop.Tests.Configuration;
using DaprShop.Tests.Grpc;
using DaprShop.Tests.Wire;
using Sidecar.Grpc.DaprApi;

namespace DaprShop.Tests.Metrics;

/// <summary>The metrics port of a running sidecar (dapr-contract.md 13).</summary>
public sealed class MetricsWireTests
{
    [Fact]
    public async Task HttpCalls_AreCountedByMethodPathAndStatus()
    {
        await using var sidecar = await StartAsync();
        var http = sidecar.Running.Http;

        await http.SendTextAsync("POST", "/v1.0/state/store", """[{"key":"a","value":1}]""");
        await http.SendTextAsync("GET", "/v1.0/state/store/a");
        await http.SendTextAsync("GET", "/v1.0/state/store/b");
        await http.SendTextAsync("BREW", "/coffee");
        var lines = await ScrapeAsync(sidecar);

        Assert.Contains("dapr_http_server_request_count{app_id=\"app\",method=\"POST\",path=\"/v1.0/state/store\",status=\"204\"} 1", lines);
        Assert.Contains("dapr_http_server_request_count{app_id=\"app\",method=\"GET\",path=\"/v1.0/state/store\",status=\"200\"} 1", lines);
        Assert.Contains("dapr_http_server_response_count{app_id=\"app\",method=\"GET\",path=\"/v1.0/state/store\",status=\"204\"} 1", lines);
        Assert.Contains("dapr_http_server_request_count{app_id=\"app\",method=\"UNKNOWN\",path=\"/coffee\",status=\"404\"} 1", lines);
        Assert.Contains("dapr_http_server_latency_bucket{app_id=\"app\",method=\"POST\",path=\"/v1.0/state/store\",status=\"204\",le=\"+Inf\"} 1", lines);
        Assert.Contains("dapr_http_server_request_bytes_sum{app_id=\"app\"} 23", lines);
        Assert.Contains("# TYPE dapr_http_server_latency histogram", lines);
    }

    [Fact]
    public async Task ComponentsAndGrpcCalls_AreCountedByOutcome()
    {
        await using var sidecar = await StartAsync();

        await sidecar.CallAsync("GetState", new GetStateRequest { StoreName = "store", Key = "a" });
        await sidecar.CallAsync("GetState", new GetStateRequest { StoreName = "none", Key = "a" });
        await sidecar.Running.Http.SendTextAsync("POST", "/v1.0/publish/broker/news", "{}");
        var lines = await ScrapeAsync(sidecar);

        Assert.Contains("dapr_grpc_io_server_completed_rpcs{app_id=\"app\",grpc_server_method=\"/dapr.proto.runtime.v1.Dapr/GetState\",grpc_server_status=\"OK\"} 1", lines);
        Assert.Contains("dapr_grpc_io_server_completed_rpcs{app_id=\"app\",grpc_server_method=\"/dapr.proto.runtime.v1.Dapr/GetState\",grpc_server_status=\"InvalidArgument\"} 1", lines);
        Assert.Contains("dapr_component_state_count{app_id=\"app\",component=\"store\",namespace=\"default\",operation=\"get\",success=\"true\"} 1", lines);
        Assert.Contains("dapr_component_pubsub_egress_count{app_id=\"app\",component=\"broker\",namespace=\"default\",success=\"true\",topic=\"news\"} 1", lines);
        Assert.Contains("dapr_runtime_component_loaded{app_id=\"app\"} 2", lines);
        Assert.Contains("dapr_runtime_component_init_total{app_id=\"app\",component=\"state.in-memory\"} 1", lines);
    }

    [Fact]
    public async Task LowCardinality_WithoutVerbs_KeepsOnlyTheTemplates()
    {
        await using var sidecar = await StartAsync(
            "metrics: { latencyDistributionBuckets: [5, 50], http: { increasedCardinality: false, excludeVerbs: true, pathMatching: [\"/things/{id}\"] } }");

        await sidecar.Running.Http.SendTextAsync("GET", "/v1.0/state/store/a");
        await sidecar.Running.Http.SendTextAsync("GET", "/v1.0/invoke/nobody/method/things/7");
        var lines = await ScrapeAsync(sidecar);

        Assert.Contains("dapr_http_server_request_count{app_id=\"app\",method=\"\",path=\"\",status=\"204\"} 1", lines);
        Assert.Contains("dapr_http_server_request_count{app_id=\"app\",method=\"\",path=\"/v1.0/invoke/{app_id}/method/things/{id}\",status=\"500\"} 1", lines);
        Assert.Equal(
            ["5", "50", "+Inf"],
            lines.Where(line => line.StartsWith("dapr_http_server_latency_bucket{", StringComparison.Ordinal) && line.Contains("path=\"\"", StringComparison.Ordinal))
                .Select(line => line.Split("le=\"")[1].Split('"')[0]));
        Assert.DoesNotContain(lines, line => line.StartsWith("dapr_http_server_response_count", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SwitchedOffByTheConfiguration_NobodyListens()
    {
        await using var sidecar = await StartAsync("metric: { enabled: false }");

        await Assert.ThrowsAsync<HttpRequestException>(() => ScrapeAsync(sidecar));
    }

    private static Task<GrpcSidecar> StartAsync(params string[] spec) => GrpcSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("store", "state.in-memory"), Yaml.Component("broker", "pubsub.in-memory")],
        Configurations = spec.Length == 0 ? [] : [ConfigurationText.Of(spec)],
        Options = options => options with { MetricsPort = FreePorts.Two().First },
    });

    private static async Task<string[]> ScrapeAsync(GrpcSidecar sidecar)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{sidecar.Running.Host.Options.MetricsPort}/metrics");
        return (await sidecar.Running.Http.GetStringAsync(new Uri(address))).Split('\n');
    }
}
