using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Launcher;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.Invocation;

/// <summary>Two sidecars of one app id in one process, as the launcher hosts replicas.</summary>
public sealed class ReplicaWireTests : IAsyncLifetime
{
    private const int Count = 20;

    private readonly TemporaryFolder _folder = new();
    private readonly SharedClients _clients = new();
    private readonly List<FakeApp> _apps = [];
    private readonly List<RunningSidecar> _replicas = [];
    private RunningSidecar _caller = null!;

    public async Task InitializeAsync()
    {
        var process = new SidecarProcess(_clients, new SidecarDirectory(), TimeProvider.System);
        var broker = Yaml.Component("broker", "pubsub.sqlite", ("connectionString", Path.Combine(_folder.Path, "broker.db")));
        foreach (var name in new[] { "first", "second" })
        {
            var app = await FakeApp.StartAsync(request => Answer(request, name));
            _apps.Add(app);
            _replicas.Add(await RunningSidecar.StartAsync(new SidecarSetup { AppId = "callee", App = app, Process = process, Resources = [broker] }));
        }

        _caller = await RunningSidecar.StartAsync(new SidecarSetup { AppId = "caller", Process = process, Resources = [broker] });
    }

    public async Task DisposeAsync()
    {
        await _caller.DisposeAsync();
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        foreach (var app in _apps)
        {
            await app.DisposeAsync();
        }

        await _clients.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Invoke_AnAppWithReplicas_TakesThemInTurn()
    {
        var answers = await InvokeAsync(_caller, Count);

        Assert.Equal(Count / 2, answers.Count(answer => answer == "200 first"));
        Assert.Equal(Count / 2, answers.Count(answer => answer == "200 second"));
    }

    [Fact]
    public async Task Invoke_TheOwnId_ReachesTheOwnApp()
    {
        Assert.Equal(["200 first"], (await InvokeAsync(_replicas[0], Count)).Distinct());
        Assert.Equal(["200 second"], (await InvokeAsync(_replicas[1], Count)).Distinct());
    }

    [Fact]
    public async Task Invoke_AReplicaHasStopped_ReachesTheOther()
    {
        await _replicas[0].Host.StopAsync(CancellationToken.None);

        Assert.Equal(["200 second"], (await InvokeAsync(_caller, Count)).Distinct());
    }

    [Fact]
    public async Task Publish_ToAnAppWithReplicas_ReachesOneOfThemEachTime()
    {
        var sent = Enumerable.Range(0, Count).Select(n => $"event {n}").ToList();
        foreach (var text in sent)
        {
            Assert.Equal("204", await _caller.Http.SendTextAsync("POST", "/v1.0/publish/broker/news", JsonSerializer.Serialize(text)));
        }

        // A second delivery would come at once: nothing fails here, so nothing is redelivered.
        await Eventually.Get(() => Events().Count, count => count >= Count);
        Assert.Equal(sent.Order(StringComparer.Ordinal), Events().Order(StringComparer.Ordinal));
    }

    private static AppAnswer Answer(AppRequest request, string name) => (request.Method, request.Target) switch
    {
        ("GET", "/dapr/subscribe") => new AppAnswer(200, """[{"pubsubname":"broker","topic":"news","route":"/news"}]"""),
        ("POST", "/news") => new AppAnswer(200),
        ("POST", "/m") => new AppAnswer(200, name),
        _ => new AppAnswer(404),
    };

    private static async Task<List<string>> InvokeAsync(RunningSidecar sidecar, int count)
    {
        var answers = new List<string>();
        for (var n = 0; n < count; n++)
        {
            answers.Add(await sidecar.Http.SendTextAsync("POST", "/v1.0/invoke/callee/method/m"));
        }

        return answers;
    }

    private List<string> Events() => [.. _apps.SelectMany(app => app.Requests).Where(request => request.Target == "/news")
        .Select(request => JsonDocument.Parse(request.Body).RootElement.GetProperty("data").GetString()!)];
}
