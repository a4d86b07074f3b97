using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Components;

namespace DaprShop.Tests.PubSub;

public sealed class SubscriptionLifecycleTests : IAsyncLifetime
{
    private const string DeadLettered = """
        apiVersion: dapr.io/v1alpha1
        kind: Subscription
        metadata: { name: a }
        spec: { pubsubname: pubsub, topic: a, route: /a, deadLetterTopic: b }
        ---
        apiVersion: dapr.io/v1alpha1
        kind: Subscription
        metadata: { name: b }
        spec: { pubsubname: pubsub, topic: b, route: /b }
        """;

    private const string Retries = """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: { name: r }
        spec:
          policies:
            retries:
              four: { policy: constant, duration: 10ms, maxRetries: 4 }
          targets:
            components:
              pubsub: { inbound: { retry: four } }
        """;

    private FakeApp _app = null!;

    public async Task InitializeAsync() => _app = await FakeApp.StartAsync();

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task DeadLetter_AfterExactlyFiveAttempts_ArrivesWithTheTopicOfTheOriginal()
    {
        _app.Answer = request => new AppAnswer(request.Target switch { "/a" => 500, "/b" => 200, _ => 404 });
        await using var sidecar = await StartAsync(Yaml.Component("pubsub", "pubsub.in-memory"), DeadLettered, Retries);

        await sidecar.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/a?metadata.cloudevent.id=e1", "1");

        var dead = await Eventually.Get(() => _app.Requests.FirstOrDefault(request => request.Target == "/b"), found => found is not null);
        var cloudEvent = JsonDocument.Parse(dead!.Text).RootElement;
        Assert.Equal(("e1", "a"), (cloudEvent.GetProperty("id").GetString(), cloudEvent.GetProperty("topic").GetString()));
        Assert.Equal(5, _app.Requests.Count(request => request.Target == "/a"));
    }

    [Fact]
    public async Task Subscriptions_OfAnAppThatFailsAtFirst_AreAskedForAgain()
    {
        var asked = 0;
        _app.Answer = request => request.Target != "/dapr/subscribe" ? new AppAnswer(200)
            : ++asked == 1 ? new AppAnswer(500)
            : new AppAnswer(200, """[{"pubsubname":"pubsub","topic":"t","route":"/t"}]""");
        await using var sidecar = await StartAsync(Yaml.Component("pubsub", "pubsub.in-memory"));

        await sidecar.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/t", "1");

        await Eventually.True(() => _app.Requests.Any(request => request.Target == "/t"));
        Assert.Equal(2, asked);
        Assert.All(_app.Requests.Where(request => request.Target == "/dapr/subscribe"), request => Assert.Equal("app", request.Headers["dapr-app-id"]));
    }

    [Fact]
    public async Task Subscription_ThatTheScopesForbid_IsLoggedAndNotStarted()
    {
        _app.Answer = request => new AppAnswer(request.Target is "/a" or "/b" ? 200 : 404);
        await using var sidecar = await StartAsync(
            Yaml.Component("pubsub", "pubsub.in-memory", ("subscriptionScopes", "app=b")), DeadLettered);

        await sidecar.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/a", "1");
        await sidecar.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/b", "1");

        await Eventually.True(() => _app.Requests.Any(request => request.Target == "/b"));
        Assert.DoesNotContain(_app.Requests, request => request.Target == "/a");
        Assert.Contains("Cannot subscribe to topic a of pubsub: its scopes do not allow app app", sidecar.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delivery_WhileTheAppIsUnhealthy_WaitsAndTheAppIsAskedAgain()
    {
        var isHealthy = true;
        _app.Answer = request => new AppAnswer(request.Target switch
        {
            "/healthz" => isHealthy ? 200 : 500,
            "/a" => 200,
            _ => 404,
        });
        var folder = Directory.CreateTempSubdirectory("sidecar-broker-");
        await using (var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            App = _app,
            Resources = [Yaml.Component("pubsub", "pubsub.sqlite", ("connectionString", Path.Combine(folder.FullName, "p.db"))), DeadLettered],
            Options = options => options with
            {
                EnableAppHealthCheck = true,
                AppHealthProbeInterval = TimeSpan.FromMilliseconds(100),
                AppHealthProbeTimeout = TimeSpan.FromSeconds(30),
                AppHealthThreshold = 1,
            },
        }))
        {
            isHealthy = false;
            await Eventually.True(() => sidecar.Log.Contains("The app is unhealthy", StringComparison.Ordinal));
            await sidecar.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/a", "1");
            Assert.DoesNotContain(_app.Requests, request => request.Target == "/a");

            isHealthy = true;

            await Eventually.True(() => _app.Requests.Any(request => request.Target == "/a"));
            Assert.Equal(2, _app.Requests.Count(request => request.Target == "/dapr/subscribe"));
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Stop_WithAMessageInHand_FinishesItAndLeavesTheNextWithTheBroker()
    {
        var broker = new FakeBroker();
        using var release = new ManualResetEventSlim();
        _app.Answer = request =>
        {
            if (request.Target == "/a")
            {
                if (request.Text.Contains("late", StringComparison.Ordinal))
                {
                    return new AppAnswer(200);
                }

                release.Wait(TimeSpan.FromSeconds(60));
                return new AppAnswer(200);
            }

            return new AppAnswer(404);
        };
        var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            App = _app,
            Resources = [Yaml.Component("pubsub", "pubsub.fake"), DeadLettered.Split("---")[0]],
            Drivers = new Dictionary<string, Func<IComponent>> { ["pubsub.fake"] = () => broker },
        });

        var inHand = broker.Handler!(Message("e1"), CancellationToken.None);
        await Eventually.True(() => _app.Requests.Any(request => request.Target == "/a"));
        var stopping = sidecar.Host.StopAsync(CancellationToken.None);
        await Eventually.Get<Exception?>(
            () => Record.ExceptionAsync(() => broker.Handler(Message("late"), CancellationToken.None)), failure => failure is OperationCanceledException);
        release.Set();

        await inHand;
        await stopping;
        Assert.Empty(broker.Published);
        await sidecar.DisposeAsync();
    }

    private static Sidecar.Components.PubSub.IncomingMessage Message(string id) =>
        new("a", System.Text.Encoding.UTF8.GetBytes($$"""{"id":"{{id}}"}"""), null, new Dictionary<string, string>());

    private Task<RunningSidecar> StartAsync(params string[] resources) =>
        RunningSidecar.StartAsync(new SidecarSetup { App = _app, Resources = resources });
}
