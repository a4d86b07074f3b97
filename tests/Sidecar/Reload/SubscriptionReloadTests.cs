using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Components;

namespace DaprShop.Tests.Reload;

/// <summary>What holds on to components while their files, or its own, change.</summary>
public sealed class SubscriptionReloadTests : IAsyncLifetime
{
    private FakeApp _app = null!;

    public async Task InitializeAsync() => _app = await FakeApp.StartAsync(request => new AppAnswer(request.Target == "/dapr/subscribe" ? 404 : 200));

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Subscription_AddedChangedAndRemoved_IsTheOnlyOneThatIsRestarted()
    {
        await using var sidecar = await StartAsync(Yaml.Component("pubsub", "pubsub.in-memory"), Subscription("kept", "/kept"));

        sidecar.Rewrite("sub.yaml", Subscription("t", "/first"));
        await ArrivesAsync(sidecar, "t", "/first");

        sidecar.Rewrite("sub.yaml", Subscription("t", "/second"));
        await ArrivesAsync(sidecar, "t", "/second");

        sidecar.Rewrite("sub.yaml", null);
        await Eventually.Get(() => sidecar.Http.SendTextAsync("GET", "/v1.0/metadata"), text => !text.Contains("/second", StringComparison.Ordinal));
        await ArrivesAsync(sidecar, "kept", "/kept");
        Assert.Equal(1, Subscribed(sidecar, "kept"));
        Assert.Equal(2, Subscribed(sidecar, "t"));
    }

    [Fact]
    public async Task PubSub_ReplacedUnderTraffic_LosesNoMessage()
    {
        await using var sidecar = await StartAsync(PubSub(0), Yaml.Component("other", "pubsub.in-memory"), Subscription("t", "/t"), Subscription("o", "/o", "other"));
        var sent = new List<string>();

        for (var version = 1; version <= 3; version++)
        {
            sidecar.Rewrite("00.yaml", PubSub(version));
            var before = version;
            await Eventually.Get(
                async () =>
                {
                    var id = string.Create(CultureInfo.InvariantCulture, $"m{sent.Count}");
                    Assert.Equal("204", await sidecar.Http.SendTextAsync("POST", $"/v1.0/publish/pubsub/t?metadata.cloudevent.id={id}", "1"));
                    sent.Add(id);
                    return Subscribed(sidecar, "t");
                },
                count => count > before);
        }

        await Eventually.True(() => sent.All(Arrived("/t").Contains));
        Assert.Equal(1, Subscribed(sidecar, "o"));
    }

    [Fact]
    public async Task PubSub_ThatComesLater_ServesTheSubscriptionsThatWaitForIt()
    {
        await using var sidecar = await StartAsync(Yaml.Component("other", "pubsub.in-memory"), Subscription("t", "/t"));

        sidecar.Rewrite("later.yaml", Yaml.Component("pubsub", "pubsub.in-memory"));

        await ArrivesAsync(sidecar, "t", "/t");
    }

    [Fact]
    public async Task ConfigurationStore_Replaced_KeepsItsSubscriptions()
    {
        var stores = new List<FakeConfigurationStore>();
        await using var sidecar = await RunningSidecar.StartAsync(Setup(Yaml.Component("settings", "configuration.fake")) with
        {
            Drivers = new Dictionary<string, Func<IComponent>>
            {
                ["configuration.fake"] = () =>
                {
                    stores.Add(new FakeConfigurationStore());
                    return stores[^1];
                },
            },
        });
        var answer = await sidecar.Http.SendTextAsync("GET", "/v1.0/configuration/settings/subscribe?key=k");
        Assert.StartsWith("200 ", answer, StringComparison.Ordinal);

        sidecar.Rewrite("00.yaml", Yaml.Component("settings", "configuration.fake", ("marker", "2")));
        await Eventually.True(() => stores.Count == 2 && stores[1].Subscriptions == 1 && stores[0].Subscriptions == 0);
        await stores[1].ChangeAsync(("k", new("new")));

        await Eventually.True(() => _app.Requests.Any(request => request.Target == "/configuration/settings/k" && request.Text.Contains("\"new\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task InputBinding_AddedAndRemoved_StartsAndEnds()
    {
        await using var sidecar = await StartAsync();

        sidecar.Rewrite("cron.yaml", Yaml.Component("tick", "bindings.cron", ("schedule", "@every 100ms")));
        await Eventually.True(() => _app.Requests.Any(request => request is { Method: "POST", Target: "/tick" }));

        sidecar.Rewrite("cron.yaml", Yaml.Component("tock", "bindings.cron", ("schedule", "@every 100ms")));
        await Eventually.True(() => _app.Requests.Any(request => request is { Method: "POST", Target: "/tock" }));
        await Eventually.Get(() => sidecar.Http.SendTextAsync("GET", "/v1.0/metadata"), text => !text.Contains("\"tick\"", StringComparison.Ordinal));
    }

    private static string PubSub(int version) =>
        Yaml.Component("pubsub", "pubsub.sqlite", ("connectionString", "messages.db"), ("marker", $"{version}"));

    private static string Subscription(string topic, string route, string pubSub = "pubsub") => $$"""
        apiVersion: dapr.io/v1alpha1
        kind: Subscription
        metadata: { name: {{topic}} }
        spec: { pubsubname: {{pubSub}}, topic: {{topic}}, route: {{route}} }
        """;

    private static int Subscribed(RunningSidecar sidecar, string topic) => Regex.Count(sidecar.Log, $"Subscribed to topic {topic} of");

    private Task<RunningSidecar> StartAsync(params string[] resources) => RunningSidecar.StartAsync(Setup(resources));

    // Where the machine has no watch left, the rescan finds the change.
    private SidecarSetup Setup(params string[] resources) => new()
    {
        App = _app,
        Resources = resources,
        Options = options => options with { ReloadInterval = TimeSpan.FromSeconds(1) },
    };

    // The in-memory broker keeps nothing for a subscription that is yet to come.
    private async Task ArrivesAsync(RunningSidecar sidecar, string topic, string route) =>
        await Eventually.Get(
            async () =>
            {
                await sidecar.Http.SendTextAsync("POST", $"/v1.0/publish/pubsub/{topic}", "1");
                return _app.Requests.Any(request => request.Target == route);
            },
            arrived => arrived);

    private HashSet<string> Arrived(string route) =>
        [.. _app.Requests.Where(request => request.Target == route).Select(request => JsonDocument.Parse(request.Text).RootElement.GetProperty("id").GetString()!)];
}
