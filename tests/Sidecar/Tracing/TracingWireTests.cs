using System.Text;
using DaprShop.Tests.Wire;

namespace DaprShop.Tests.Tracing;

public sealed class TracingWireTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string Sampled = $"00-{TraceId}-b7ad6b7169203331-01";

    [Fact]
    public async Task WithoutConfiguration_ARequest_GetsNoTraceAndAnIncomingOneIsKept()
    {
        await using var sidecar = await RunningSidecar.StartAsync();

        var without = await TraceparentAsync(sidecar, null);
        var with = await TraceparentAsync(sidecar, Sampled);

        Assert.Null(without);
        Assert.Equal(Sampled, with);
    }

    [Theory]
    [InlineData("1", "01")]
    [InlineData("0", "00")]
    public async Task WithARate_ANewTrace_IsRecordedOrNotButAlwaysHasIds(string rate, string flags)
    {
        await using var sidecar = await StartAsync($"samplingRate: \"{rate}\"");

        var traceparent = await TraceparentAsync(sidecar, null);

        Assert.Matches($"^00-[0-9a-f]{{32}}-[0-9a-f]{{16}}-{flags}$", traceparent);
        Assert.DoesNotContain("-00000000000000000000000000000000-", traceparent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", Sampled, "01")]
    [InlineData("1", $"00-{TraceId}-b7ad6b7169203331-00", "00")]
    public async Task WithARate_AnIncomingTrace_IsContinuedWithItsOwnDecision(string rate, string incoming, string flags)
    {
        await using var sidecar = await StartAsync($"samplingRate: \"{rate}\"");

        var traceparent = await TraceparentAsync(sidecar, incoming);

        Assert.Matches($"^00-{TraceId}-[0-9a-f]{{16}}-{flags}$", traceparent);
        Assert.NotEqual(incoming, traceparent);
    }

    [Fact]
    public async Task WithAnExporter_SpansAreSentByOtlpWithTheAppsNameAndRoute()
    {
        await using var collector = await FakeApp.StartAsync(_ => new AppAnswer(200));
        await using (var sidecar = await StartAsync(
            $"samplingRate: \"1\", otel: {{ protocol: http, endpointAddress: \"127.0.0.1:{collector.Port}\", isSecure: false, headers: \"x-key=secret\" }}"))
        {
            await TraceparentAsync(sidecar, Sampled);
        }

        var sent = Assert.Single(collector.Requests);
        var text = Encoding.Latin1.GetString(sent.Body);
        Assert.Equal(("POST", "/v1/traces", "application/x-protobuf", "secret"),
            (sent.Method, sent.Target, sent.Headers["Content-Type"], sent.Headers["x-key"]));
        Assert.Contains("order", text, StringComparison.Ordinal);
        Assert.Contains("GET /v1.0/metadata", text, StringComparison.Ordinal);
        Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(TraceId)), text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1.0/state/store/zoe@mail.example", "GET /v1.0/state/{store}/{key}")]
    [InlineData("GET", "/v1.0/invoke/shop/method/users/zoe@mail.example?token=zoe@mail.example", "GET /v1.0/invoke/{appId}/method/{**path}")]
    [InlineData("GET", "/zoe@mail.example", "GET /{**path}")]
    [InlineData("zoe", "/v1.0/metadata", "_OTHER /{**path}")]
    public async Task WithAnExporter_ASpan_NamesItsRouteAndNothingThatWasTyped(string method, string path, string name)
    {
        await using var collector = await FakeApp.StartAsync(_ => new AppAnswer(200));
        await using (var sidecar = await StartAsync($"samplingRate: \"1\", otel: {{ protocol: http, endpointAddress: \"127.0.0.1:{collector.Port}\", isSecure: false }}"))
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            request.Headers.Add("traceparent", Sampled);
            request.Headers.Add("tracestate", "who=zoe");
            request.Headers.Add("User-Agent", "zoe");
            using var answer = await sidecar.Http.SendAsync(request);
        }

        var text = Encoding.Latin1.GetString(Assert.Single(collector.Requests).Body);
        Assert.Contains($"dapr.api\u0012{(char)(name.Length + 2)}\n{(char)name.Length}{name}", text, StringComparison.Ordinal);
        Assert.DoesNotContain("zoe", text, StringComparison.Ordinal);
    }

    private static Task<RunningSidecar> StartAsync(string tracing) => RunningSidecar.StartAsync(new SidecarSetup
    {
        AppId = "order",
        Configurations =
        [
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: { name: c }
            spec:
              tracing: { {{tracing}} }
            """,
        ],
    });

    private static async Task<string?> TraceparentAsync(RunningSidecar sidecar, string? traceparent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1.0/metadata");
        if (traceparent is not null)
        {
            request.Headers.Add("traceparent", traceparent);
        }

        using var answer = await sidecar.Http.SendAsync(request);
        return answer.Headers.TryGetValues("traceparent", out var values) ? values.Single() : null;
    }
}
