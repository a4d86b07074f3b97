using Sidecar.Configuration;

namespace DaprShop.Tests.Configuration;

public sealed class SubscriptionReaderTests
{
    [Fact]
    public void Read_VersionTwo_KeepsTheRulesInOrderAndTheDefaultLast()
    {
        var loaded = LoadedResources.Load(("s.yaml", """
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata: { name: orders }
            spec:
              pubsubname: pubsub
              topic: orders
              routes:
                default: /other
                rules:
                  - match: event.type == "a"
                    path: /a
                  - path: /b
              metadata: { rawPayload: true }
              deadLetterTopic: dead
              bulkSubscribe: { enabled: false, maxMessagesCount: 10, maxAwaitDurationMs: 40 }
            """));

        var subscription = Assert.Single(loaded.Resources.Subscriptions);
        Assert.Empty(loaded.Errors);
        Assert.Equal(("orders", "pubsub", "orders", "dead"),
            (subscription.Name, subscription.PubsubName, subscription.Topic, subscription.DeadLetterTopic));
        Assert.Equal(
            [new SubscriptionRule("event.type == \"a\"", "/a", 10), new SubscriptionRule("", "/b", 12), new SubscriptionRule("", "/other", 8)],
            subscription.Rules);
        Assert.Equal("true", subscription.Metadata["rawPayload"]);
        Assert.Equal(new BulkSubscribeSpec(false, 10, 40), subscription.BulkSubscribe);
    }

    [Fact]
    public void Read_VersionOne_HasOneRouteForEverything()
    {
        var loaded = LoadedResources.Load(("s.yaml", """
            apiVersion: dapr.io/v1alpha1
            kind: Subscription
            metadata: { name: orders }
            spec: { pubsubname: pubsub, topic: orders, route: /orders }
            """));

        var subscription = Assert.Single(loaded.Resources.Subscriptions);
        Assert.Equal([new SubscriptionRule("", "/orders", 4)], subscription.Rules);
        Assert.Null(subscription.DeadLetterTopic);
        Assert.Null(subscription.BulkSubscribe);
    }

    [Fact]
    public void Read_Mistakes_AreAllReported()
    {
        var loaded = LoadedResources.Load(("s.yaml", """
            apiVersion: dapr.io/v1alpha1
            kind: Subscription
            metadata: { name: one }
            spec:
              topic: [a]
              routes: { default: /x }
            ---
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata: { name: two }
            spec:
              pubsubname: pubsub
              topic: t
              bulkSubscribe:
                maxMessagesCount: -1
              routes:
                rules:
                  - match: event.type == "x"
            ---
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata: { name: three }
            spec:
              pubsubname: pubsub
              topic: t
            """));

        Assert.Equal(
            [
                "s.yaml:5: spec.pubsubname: is required",
                "s.yaml:5: spec.topic: must be a single value",
                "s.yaml:5: spec.route: is required",
                "s.yaml:18: spec.routes.rules[0].path: is required",
                "s.yaml:15: spec.bulkSubscribe.maxMessagesCount: must be a whole number of at least 0, not '-1'",
                "s.yaml:24: spec.routes: needs a rule or a default: without one no message has a route",
            ],
            loaded.Errors);
        Assert.Equal(["s.yaml:6: spec.routes: is not a known member and is ignored; did you mean 'route'?"], loaded.Warnings);
    }
}
