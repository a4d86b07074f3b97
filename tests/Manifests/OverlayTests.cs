using DaprShop.Tests.Manifests.Rules;

namespace DaprShop.Tests.Manifests;

/// <summary>Every overlay is valid for Dapr 1.16, 1.17 and 1.18 and keeps every rule.</summary>
public sealed class OverlayTests
{
    public static TheoryData<string> Names => [.. Overlays.Names];

    [Fact]
    public void Overlays_AreTheEightThatThePageTellsOf() =>
        Assert.Equal(["canary", "dev", "kafka", "prod-kafka", "prod-rabbitmq", "prod-redis", "rabbitmq", "redis"], Overlays.Names);

    [Theory]
    [MemberData(nameof(Names))]
    public void Overlay_HasNoViolations(string name) =>
        Assert.Empty(AllRules.Check(new Cluster(name, Overlays.Render(name))));

    [Fact]
    public void Subscriptions_AreTheFileOfTheComponentSets() =>
        Assert.Equal(Repository.Read("components/redis/subscriptions.yaml"), Repository.Read("k8s/base/dapr/subscriptions.yaml"));

    /// <summary>The calls that the rules take from the code, app by app: a pattern that no longer fits the code would show here.</summary>
    [Fact]
    public void CallGraph_ReadFromTheCode_HasTheseEdges() => Assert.Equal(
        [
            "gateway -> catalog", "gateway -> inventory", "gateway -> loyalty", "gateway -> notification", "gateway -> order", "gateway -> payment",
            "inventory -> order", "order -> catalog", "order -> inventory", "order -> loyalty", "order -> notification", "order -> payment",
        ],
        CallGraph.All.Select(call => $"{call.Caller} -> {call.Callee}").Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void CallGraph_OfCallsBetweenServices_HasEveryPathThatTheCodeWrites()
    {
        var written = Repository.ServiceSources.Select(Repository.Read).SelectMany(text => text.Split("\"internal/")[1..].Select(rest => rest[..rest.IndexOf('"')])).ToList();
        var read = CallGraph.All.Where(call => call.Path.StartsWith("/internal/", StringComparison.Ordinal) && call.Caller != "gateway" && call.Path != "/internal/failures").ToList();

        Assert.Equal(written.Count, read.Count);
    }
}
