using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;

namespace DaprShop.Tests.PubSub;

/// <summary>One level up: a sidecar over the driver retries by its policy and then sets the event aside.</summary>
public abstract partial class PubSubConformance
{
    private const string Retries = """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: { name: retries }
        spec:
          policies:
            retries: { thrice: { policy: constant, duration: 20ms, maxRetries: 2 } }
          targets:
            components: { pubsub: { inbound: { retry: thrice } } }
        """;

    private protected string Subscriptions => $$"""
        apiVersion: dapr.io/v1alpha1
        kind: Subscription
        metadata: { name: events }
        spec: { pubsubname: pubsub, topic: {{Topic}}, route: /events, deadLetterTopic: {{Topic}}-dead }
        ---
        apiVersion: dapr.io/v1alpha1
        kind: Subscription
        metadata: { name: dead }
        spec: { pubsubname: pubsub, topic: {{Topic}}-dead, route: /dead }
        """;

    private protected string Component => Yaml.Component("pubsub", Driver.Type, Driver.Metadata);

    [Fact]
    public async Task App_RefusingToTheLastRetry_FindsTheEventInTheDeadLetterTopicAndNoMoreInItsOwn()
    {
        await using var app = await FakeApp.StartAsync(request => request.Target switch
        {
            "/events" => new AppAnswer(request.Text.Contains("poison", StringComparison.Ordinal) ? 500 : 200),
            "/dead" => new AppAnswer(200),
            _ => new AppAnswer(404),
        });
        await using var sidecar = await RunningSidecar.StartAsync(
            new SidecarSetup { AppId = Group, App = app, Resources = [Component, Retries, Subscriptions] });

        var published = await sidecar.Http.SendTextAsync("POST", $"/v1.0/publish/pubsub/{Topic}", "\"poison\"");

        Assert.Equal("204", published);
        var dead = await Eventually.Get(() => To(app, "/dead"), found => found.Count > 0, Driver.Patience);
        await sidecar.Http.SendTextAsync("POST", $"/v1.0/publish/pubsub/{Topic}", "\"good\"");
        var events = await Eventually.Get(() => To(app, "/events"), found => found.Any(item => item.Data == "good"), Driver.Patience);
        Assert.Equal(["poison", "poison", "poison", "good"], events.Select(item => item.Data));
        Assert.Equal([(events[0].Id, "poison")], dead);
        Assert.Single(events.Take(3).Distinct());
    }

    private protected static IReadOnlyList<(string Id, string Data)> To(FakeApp app, string path) =>
        [.. from request in app.Requests
            where request.Target == path
            let received = JsonDocument.Parse(request.Text).RootElement
            select (received.GetProperty("id").GetString()!, received.GetProperty("data").GetString()!)];
}
