using System.Text;
using System.Text.Json;
using DaprShop.Tests.PubSub;
using DaprShop.Tests.Wire;
using Google.Protobuf;
using Sidecar.Components;
using Sidecar.Grpc.DaprApi;

namespace DaprShop.Tests.Grpc;

public sealed class GrpcTracingTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string Sampled = $"00-{TraceId}-b7ad6b7169203331-01";

    private readonly FakeBroker _broker = new();

    [Fact]
    public async Task Call_WithoutATracer_HasNoSpanAndPassesItsTraceOn()
    {
        await using var sidecar = await StartAsync("");

        var without = await PublishAsync(sidecar);
        var with = await PublishAsync(sidecar, ("traceparent", Sampled));

        Assert.Equal(("", ""), without);
        Assert.Equal(("", Sampled), with);
    }

    [Fact]
    public async Task Call_WithATracer_HasASpanThatItsEventNames()
    {
        await using var sidecar = await StartAsync("samplingRate: \"1\"");

        var (answered, published) = await PublishAsync(sidecar);

        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-01$", answered);
        Assert.Equal(answered, published);
    }

    [Fact]
    public async Task Call_WithATracerAndATrace_ContinuesIt()
    {
        await using var sidecar = await StartAsync("samplingRate: \"0\"");

        var (answered, published) = await PublishAsync(sidecar, ("traceparent", Sampled));

        Assert.Matches($"^00-{TraceId}-[0-9a-f]{{16}}-01$", answered);
        Assert.NotEqual(Sampled, answered);
        Assert.Equal(answered, published);
    }

    [Fact]
    public async Task Call_WithAnExporter_IsSentWithItsMethodAndStatus()
    {
        await using var collector = await FakeApp.StartAsync(_ => new AppAnswer(200));
        await using (var sidecar = await StartAsync($"samplingRate: \"1\", otel: {{ protocol: http, endpointAddress: \"127.0.0.1:{collector.Port}\", isSecure: false }}"))
        {
            Assert.StartsWith("9 ", await sidecar.EndAsync("GetState", new GetStateRequest { StoreName = "none" }), StringComparison.Ordinal);
        }

        var text = Encoding.Latin1.GetString(Assert.Single(collector.Requests).Body);
        Assert.Contains("/dapr.proto.runtime.v1.Dapr/GetState", text, StringComparison.Ordinal);
        Assert.Contains("state store none is not configured", text, StringComparison.Ordinal);
    }

    private async Task<(string Answered, string Published)> PublishAsync(GrpcSidecar sidecar, params (string Name, string Value)[] metadata)
    {
        var request = new PublishEventRequest { PubsubName = "pubsub", Topic = "t", Data = ByteString.CopyFromUtf8("1") };

        var reply = await sidecar.CallAsync("PublishEvent", request, metadata);

        Assert.Equal(0, reply.Status);
        var envelope = JsonDocument.Parse(_broker.Published[^1].Data).RootElement;
        return (reply.Headers.GetValueOrDefault("traceparent", ""), envelope.GetProperty("traceparent").GetString()!);
    }

    private Task<GrpcSidecar> StartAsync(string tracing) => GrpcSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("pubsub", "pubsub.fake")],
        Drivers = new Dictionary<string, Func<IComponent>> { ["pubsub.fake"] = () => _broker },
        Configurations = [$"apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: {{ name: c }}\nspec: {{ tracing: {{ {tracing} }} }}"],
    });
}
