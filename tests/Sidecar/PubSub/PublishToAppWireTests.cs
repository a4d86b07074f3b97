using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.PubSub;

public sealed class PublishToAppWireTests : IAsyncLifetime
{
    private readonly SharedClients _clients = new();
    private readonly string _broker = Directory.CreateTempSubdirectory("sidecar-broker-").FullName;
    private FakeApp _app = null!;

    private SidecarProcess Process => new(_clients, new SidecarDirectory(), TimeProvider.System);

    private string PubSub => Yaml.Component("pubsub", "pubsub.sqlite", ("connectionString", Path.Combine(_broker, "pubsub.db")));

    public async Task InitializeAsync() => _app = await FakeApp.StartAsync(_ => new AppAnswer(200));

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _clients.DisposeAsync();
        Directory.Delete(_broker, recursive: true);
    }

    [Fact]
    public async Task Publish_FromOneSidecar_ReachesTheAppOfAnother()
    {
        const string Subscription = """
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata: { name: orders }
            spec:
              pubsubname: pubsub
              topic: orders
              routes:
                rules: [{ match: event.type == "shop.confirmed", path: /confirmed }]
                default: /other
            """;
        _app.Answer = request => new AppAnswer(request.Target == "/dapr/subscribe" ? 404 : 200);
        await using var subscriber = await RunningSidecar.StartAsync(
            new SidecarSetup { AppId = "b", App = _app, Resources = [PubSub, Subscription], Process = Process });
        await using var publisher = await RunningSidecar.StartAsync(
            new SidecarSetup { AppId = "a", Resources = [PubSub], Process = Process });

        var answer = await publisher.Http.SendTextAsync(
            "POST", "/v1.0/publish/pubsub/orders?metadata.cloudevent.type=shop.confirmed", """{"id":7}""");

        Assert.Equal("204", answer);
        var delivery = await Eventually.Get(() => _app.Requests.FirstOrDefault(request => request.Method == "POST"), found => found is not null);
        Assert.Equal("/confirmed", delivery!.Target);
        Assert.Equal("application/cloudevents+json", delivery.Headers["Content-Type"]);
        Assert.Equal(delivery.Body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), delivery.Headers["Content-Length"]);
        var received = JsonDocument.Parse(delivery.Text).RootElement;
        Assert.Equal("a", received.GetProperty("source").GetString());
        Assert.Equal("shop.confirmed", received.GetProperty("type").GetString());
        Assert.Equal(7, received.GetProperty("data").GetProperty("id").GetInt32());
        Assert.Equal("orders", received.GetProperty("topic").GetString());
    }

    [Fact]
    public async Task Subscribe_ByTheApp_WinsOverAFileAndBothShowInMetadata()
    {
        const string Subscription = """
            apiVersion: dapr.io/v1alpha1
            kind: Subscription
            metadata: { name: orders }
            spec: { pubsubname: pubsub, topic: orders, route: /from-file }
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Subscription
            metadata: { name: payments }
            spec: { pubsubname: pubsub, topic: payments, route: /payments }
            """;
        _app.Answer = request => request.Target == "/dapr/subscribe"
            ? new AppAnswer(200, """[{"pubsubname":"pubsub","topic":"orders","route":"/123"}]""")
            : new AppAnswer(200);
        await using var sidecar = await RunningSidecar.StartAsync(
            new SidecarSetup { AppId = "b", App = _app, Resources = [PubSub, Subscription], Process = Process });

        await sidecar.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/orders", "{}");

        var delivery = await Eventually.Get(() => _app.Requests.FirstOrDefault(request => request.Method == "POST"), found => found is not null);
        Assert.Equal("/123", delivery!.Target);
        var metadata = JsonDocument.Parse(await sidecar.Http.GetStringAsync("/v1.0/metadata")).RootElement;
        Assert.Equal(
            ["orders PROGRAMMATIC /123", "payments DECLARATIVE /payments"],
            metadata.GetProperty("subscriptions").EnumerateArray().Select(item =>
                $"{item.GetProperty("topic")} {item.GetProperty("type")} {item.GetProperty("rules")[0].GetProperty("path")}").Order());
    }
}
