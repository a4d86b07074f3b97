using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Clients.Sqlite;
using Sidecar.Components;
using Sidecar.Components.Configuration;

namespace DaprShop.Tests.ConfigurationStores;

/// <summary>The way of a change to the app: POST /configuration/{store}/{key} (dapr-contract.md 9.2).</summary>
public sealed class ConfigurationUpdateTests : IAsyncLifetime
{
    private const string Retrying = """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: { name: policies }
        spec:
          policies: { retries: { stubborn: { policy: constant, duration: 1ms, maxRetries: 2 } } }
          targets: { components: { configstore: { inbound: { retry: stubborn } } } }
        """;

    private readonly FakeConfigurationStore _store = new();
    private FakeApp _app = null!;

    private IReadOnlyList<AppRequest> Updates =>
        [.. _app.Requests.Where(request => request.Target.StartsWith("/configuration/", StringComparison.Ordinal))];

    public async Task InitializeAsync() => _app = await FakeApp.StartAsync(_ => new AppAnswer(200));

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Change_OfSeveralKeys_IsPostedForEachOfThem()
    {
        await using var sidecar = await StartAsync();
        var id = await SubscribeAsync(sidecar, "?key=a&key=b&key=c");

        await _store.ChangeAsync(("b", new ConfigurationItem("2", "v2")), ("a", new ConfigurationItem("1")), ("c", ConfigurationItem.Deleted));

        Assert.Equal(["a,b,c"], _store.Asked);
        Assert.All(Updates, update => Assert.Equal(("POST", "application/json"), (update.Method, update.Headers["Content-Type"])));
        Assert.Equal(
            [
                $$$$"""/configuration/configstore/a {"id":"{{{{id}}}}","items":{"a":{"value":"1"}}}""",
                $$$$"""/configuration/configstore/b {"id":"{{{{id}}}}","items":{"b":{"value":"2","version":"v2"}}}""",
                $$$$"""/configuration/configstore/c {"id":"{{{{id}}}}","items":{"c":{}}}""",
            ],
            Updates.Select(update => $"{update.Target} {update.Text}"));
    }

    [Theory]
    [InlineData("a/b", "/configuration/configstore/a/b")]
    [InlineData("shop:feature", "/configuration/configstore/shop:feature")]
    [InlineData("a?b=c&d#e", "/configuration/configstore/a%3Fb=c&d%23e")]
    [InlineData("100%20é ", "/configuration/configstore/100%2520%C3%A9%20")]
    public async Task Change_OddKey_ArrivesInThePathAsItIs(string key, string target)
    {
        await using var sidecar = await StartAsync();
        await SubscribeAsync(sidecar);

        await _store.ChangeAsync((key, new ConfigurationItem("1")));

        Assert.Equal(target, Assert.Single(Updates).Target);
    }

    [Fact]
    public async Task TwoSubscriptions_EachHasItsOwnId()
    {
        await using var sidecar = await StartAsync();
        string[] ids = [await SubscribeAsync(sidecar), await SubscribeAsync(sidecar)];

        await _store.ChangeAsync(("a", new ConfigurationItem("1")));

        Assert.Equal(ids.Order(), Updates.Select(IdOf).Order());
    }

    [Fact]
    public async Task Unsubscribe_Once_EndsTheUpdatesAndTheIdIsGone()
    {
        await using var sidecar = await StartAsync();
        var id = await SubscribeAsync(sidecar);

        var first = await sidecar.Http.SendTextAsync("GET", $"/v1.0/configuration/configstore/{id}/unsubscribe");
        var second = await sidecar.Http.SendTextAsync("GET", $"/v1.0-alpha1/configuration/configstore/{id}/unsubscribe");

        Assert.Equal("""200 {"ok":true}""", first);
        Assert.StartsWith("""500 {"ok":false,""", second, StringComparison.Ordinal);
        Assert.Equal(0, _store.Subscriptions);
    }

    [Fact]
    public async Task Unsubscribe_WithUpdatesInHand_FinishesThatOneAndSendsNoOther()
    {
        var inHand = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var unsubscribed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _app.Hold = async request =>
        {
            if (request.Method == "POST")
            {
                inHand.TrySetResult();
                await unsubscribed.Task;
            }
        };
        await using var sidecar = await StartAsync();
        var id = await SubscribeAsync(sidecar);

        var changing = _store.ChangeAsync(("a", new ConfigurationItem("1")), ("b", new ConfigurationItem("2")));
        await inHand.Task;
        var answer = await sidecar.Http.SendTextAsync("GET", $"/v1.0/configuration/configstore/{id}/unsubscribe");
        unsubscribed.SetResult();
        await changing;

        Assert.Equal("""200 {"ok":true}""", answer);
        Assert.Equal("/configuration/configstore/a", Assert.Single(Updates).Target);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(404)]
    [InlineData(204)]
    public async Task Update_AnythingBut200_IsLoggedAndTheNextOneFollows(int status)
    {
        _app.Answer = request => new AppAnswer(request.Method == "POST" ? status : 200);
        await using var sidecar = await StartAsync();
        await SubscribeAsync(sidecar);

        await _store.ChangeAsync(("a", new ConfigurationItem("1")), ("b", new ConfigurationItem("2")));

        Assert.Equal(["/configuration/configstore/a", "/configuration/configstore/b"], Updates.Select(update => update.Target));
        Assert.Contains($"The app answered {status} to the update of a of configuration store configstore", sidecar.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_UnderAnInboundPolicy_IsTriedAgain()
    {
        _app.Answer = request => new AppAnswer(request.Method == "POST" && Updates.Count < 3 ? 500 : 200);
        await using var sidecar = await StartAsync(resources: Retrying);
        await SubscribeAsync(sidecar);

        await _store.ChangeAsync(("a", new ConfigurationItem("1")));

        Assert.Equal(3, Updates.Count);
        Assert.DoesNotContain("The app answered", sidecar.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_WhileTheAppIsUnhealthy_FollowsWhenItIsBack()
    {
        var healthy = true;
        _app.Answer = request => new AppAnswer(request.Target == "/healthz" && !Volatile.Read(ref healthy) ? 500 : 200);
        await using var sidecar = await StartAsync(checksHealth: true);
        var id = await SubscribeAsync(sidecar);
        Volatile.Write(ref healthy, false);
        await Eventually.True(() => !sidecar.Host.IsAppReady);

        var changing = _store.ChangeAsync(("a", new ConfigurationItem("1")));
        var probes = Probes();
        await Eventually.True(() => Probes() >= probes + 3);
        var early = Updates.Count;
        Volatile.Write(ref healthy, true);
        await changing;

        Assert.Equal(0, early);
        Assert.Equal(id, IdOf(Assert.Single(Updates)));
    }

    [Fact]
    public async Task Update_WhenTheAppHasEnded_FollowsAfterItsRestart()
    {
        await using var sidecar = await StartAsync(checksHealth: true);
        var id = await SubscribeAsync(sidecar);
        var port = _app.Port;
        await _app.DisposeAsync();
        sidecar.Host.AppEnded();
        await Eventually.True(() => !sidecar.Host.IsAppReady);

        var changing = _store.ChangeAsync(("a", new ConfigurationItem("1")));
        _app = await FakeApp.StartAsync(_ => new AppAnswer(200), port);
        await changing;

        Assert.Equal(id, IdOf(Assert.Single(Updates)));
        Assert.Equal(1, _store.Subscriptions);
    }

    [Fact]
    public async Task Stop_WithAnUpdateThatWaitsForTheApp_EndsTheSubscription()
    {
        var healthy = true;
        _app.Answer = request => new AppAnswer(request.Target == "/healthz" && !Volatile.Read(ref healthy) ? 500 : 200);
        var sidecar = await StartAsync(checksHealth: true);
        await SubscribeAsync(sidecar);
        Volatile.Write(ref healthy, false);
        await Eventually.True(() => !sidecar.Host.IsAppReady);
        var changing = _store.ChangeAsync(("a", new ConfigurationItem("1")));

        await sidecar.DisposeAsync();

        await changing;
        Assert.Equal(0, _store.Subscriptions);
        Assert.Empty(Updates);
    }

    [Fact]
    public async Task Change_ByAnotherProgramInTheFile_ReachesTheApp()
    {
        var folder = Directory.CreateTempSubdirectory("sidecar-config-");
        var file = Path.Combine(folder.FullName, "config.db");
        await using (var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            App = _app,
            Resources = [Yaml.Component("configstore", "configuration.sqlite", ("connectionString", file))],
        }))
        {
            var id = await SubscribeAsync(sidecar, "?key=limit");

            using (var other = SqliteSession.Open(new SqliteOptions(file, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(2), true, SqliteSync.Full), readOnly: false))
            {
                other.Execute("INSERT INTO configuration (key, value) VALUES ('limit', '5')");
            }

            await Eventually.True(() => Updates.Count > 0);
            Assert.Equal($$$$"""{"id":"{{{{id}}}}","items":{"limit":{"value":"5","version":"1"}}}""", Assert.Single(Updates).Text);
            Assert.Equal(
                """200 {"limit":{"value":"5","version":"1"}}""",
                await sidecar.Http.SendTextAsync("GET", "/v1.0/configuration/configstore?key=limit"));
        }

        folder.Delete(recursive: true);
    }

    private static string? IdOf(AppRequest update) => JsonDocument.Parse(update.Body).RootElement.GetProperty("id").GetString();

    private static async Task<string> SubscribeAsync(RunningSidecar sidecar, string query = "")
    {
        var answer = await sidecar.Http.GetStringAsync($"/v1.0/configuration/configstore/subscribe{query}");
        return JsonDocument.Parse(answer).RootElement.GetProperty("id").GetString()!;
    }

    private int Probes() => _app.Requests.Count(request => request.Target == "/healthz");

    private Task<RunningSidecar> StartAsync(bool checksHealth = false, params string[] resources) => RunningSidecar.StartAsync(new SidecarSetup
    {
        App = _app,
        Resources = [Yaml.Component("configstore", "configuration.fake"), .. resources],
        Drivers = new Dictionary<string, Func<IComponent>> { ["configuration.fake"] = () => _store },
        Options = options => options with
        {
            EnableAppHealthCheck = checksHealth,
            AppHealthProbeInterval = TimeSpan.FromMilliseconds(50),
            AppHealthProbeTimeout = TimeSpan.FromSeconds(30),
            AppHealthThreshold = 1,
        },
    });
}
