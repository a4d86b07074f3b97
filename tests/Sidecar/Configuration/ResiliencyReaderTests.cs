using Sidecar.Configuration;

namespace DaprShop.Tests.Configuration;

public sealed class ResiliencyReaderTests
{
    [Fact]
    public void Read_PoliciesAndTargets_WithDefaultsForWhatIsLeftOut()
    {
        var loaded = LoadedResources.Load(("r.yaml", """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: { name: shop }
            spec:
              policies:
                timeouts: { short: 1500ms }
                retries:
                  plain: {}
                  growing: { policy: exponential, maxInterval: 15s, maxRetries: 8, matching: { httpStatusCodes: "500-599,429", gRPCStatusCodes: 14 } }
                circuitBreakers:
                  plain: {}
                  own: { maxRequests: 2, interval: 8s, timeout: 45s, trip: consecutiveFailures > 8 }
              targets:
                apps:
                  order: { timeout: short, retry: growing, circuitBreaker: own, circuitBreakerCacheSize: 5 }
                actors:
                  cat: { timeout: short, circuitBreaker: own, circuitBreakerScope: type, circuitBreakerCacheSize: 7 }
                  dog: { retry: plain }
                components:
                  pubsub:
                    inbound: { retry: plain }
                    outbound: { circuitBreaker: plain }
            """));

        var spec = loaded.Resources.Resiliency;
        Assert.Empty(loaded.Errors);
        Assert.Equal(["shop"], spec.Names);
        Assert.Equal(TimeSpan.FromSeconds(1.5), spec.Timeouts["short"]);
        Assert.Equal(
            new RetrySpec(RetryKind.Constant, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60), -1, null, null, 8), spec.Retries["plain"]);
        Assert.Equal(
            new RetrySpec(RetryKind.Exponential, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15), 8, "500-599,429", "14", 9),
            spec.Retries["growing"]);
        Assert.Equal(
            new CircuitBreakerSpec(1, TimeSpan.Zero, TimeSpan.FromSeconds(60), "consecutiveFailures > 5", 11), spec.CircuitBreakers["plain"]);
        Assert.Equal(
            new CircuitBreakerSpec(2, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(45), "consecutiveFailures > 8", 12),
            spec.CircuitBreakers["own"]);
        Assert.Equal(new AppTarget(new PolicyNames("short", "growing", "own"), 5), spec.Apps["order"]);
        Assert.Equal(new ActorTarget(new PolicyNames("short", null, "own"), true, 7), spec.Actors["cat"]);
        Assert.Equal(new ActorTarget(new PolicyNames(null, "plain", null), false, 5000), spec.Actors["dog"]);
        Assert.Equal(
            new ComponentTarget(new PolicyNames(null, "plain", null), new PolicyNames(null, null, "plain")), spec.Components["pubsub"]);
    }

    [Fact]
    public void Read_SeveralFiles_ALaterEntryReplacesItsNamesake()
    {
        var loaded = LoadedResources.Load(
            ("1.yaml", Document("timeouts: { a: 1s, b: 2s }")), ("2.yaml", Document("timeouts: { b: 3s, c: 4s }")));

        Assert.Equal(
            [("a", 1), ("b", 3), ("c", 4)],
            loaded.Resources.Resiliency.Timeouts.Select(pair => (pair.Key, (int)pair.Value.TotalSeconds)).Order());
    }

    [Theory]
    [InlineData("{ circuitBreaker: plain }", "")]
    [InlineData("{ circuitBreakerScope: actor }", ", not 'actor'")]
    public void Read_AnActorBreakerWithoutAScope_IsAMistake(string target, string found)
    {
        var loaded = LoadedResources.Load(("r.yaml", $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: { name: r }
            spec:
              policies:
                circuitBreakers: { plain: {} }
              targets:
                actors:
                  cat: {{target}}
            """));

        var error = Assert.Single(loaded.Errors);
        Assert.EndsWith($"spec.targets.actors.cat.circuitBreakerScope: must be type, id or both where a circuit breaker is used{found}", error);
    }

    [Fact]
    public void Read_Mistakes_AreAllReported()
    {
        var loaded = LoadedResources.Load(("r.yaml", """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: { name: shop }
            spec:
              policies:
                timeouts: { short: fast }
                retries:
                  connect: { policy: linear, maxRetries: many }
              targets:
                apps:
                  order: { retry: conect }
                components:
                  pubsub:
                    inbound: { circuitBreaker: none }
                    outbond: { retry: connect }
            """));

        Assert.Equal(
            [
                "r.yaml:6: spec.policies.timeouts.short: must be a duration such as 500ms, 5s or 1h30m, not 'fast'",
                "r.yaml:8: spec.policies.retries.connect.policy: must be constant or exponential, not 'linear'",
                "r.yaml:8: spec.policies.retries.connect.maxRetries: must be a whole number, not 'many'",
                "r.yaml:11: spec.targets.apps.order.retry: there is no retry policy 'conect'; did you mean 'connect'?",
                "r.yaml:14: spec.targets.components.pubsub.inbound.circuitBreaker: there is no circuitBreaker policy 'none'",
            ],
            loaded.Errors);
        Assert.Equal(
            ["r.yaml:15: spec.targets.components.pubsub.outbond: is not a known member and is ignored; did you mean 'outbound'?"],
            loaded.Warnings);
    }

    private static string Document(string policies) => $$"""
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: { name: r }
        spec:
          policies:
            {{policies}}
        """;
}
