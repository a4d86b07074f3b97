using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Servers;
using DaprShop.Tests.Wire;

namespace DaprShop.Tests.Host;

/// <summary>What a sidecar had in hand when it died as by kill -9 is another's to finish.</summary>
public sealed class KilledSidecarTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static readonly string[] Resources =
    [
        Yaml.Component("store", "state.sqlite", ("connectionString", "shared.db"), ("actorStateStore", "true")),
        Yaml.Component("pubsub", "pubsub.sqlite", ("connectionString", "pubsub.db")),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("killed-sidecar-").FullName;
    private FakeApp _held = null!;
    private FakeApp _app = null!;

    public async Task InitializeAsync()
    {
        (_held, _app) = (await FakeApp.StartAsync(Answer), await FakeApp.StartAsync(Answer));
        _held.Hold = request => request.Method == "POST" ? new TaskCompletionSource().Task : Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _held.DisposeAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Job_WhoseRunWasNotFinished_RunsAtTheNextSidecar()
    {
        await using var victim = await ChildSidecar.StartAsync(_folder, "app", _held, Resources);
        Assert.Equal("204", await victim.Http.SendTextAsync("POST", "/v1.0/jobs/backup", """{"dueTime":"0s","data":7}"""));
        await Eventually.True(() => _held.Requests.Any(request => request.Target == "/job/backup"), Patience);

        await victim.KillAsync();
        await using var heir = await ChildSidecar.StartAsync(_folder, "app", _app, Resources);

        await Eventually.True(() => _app.Requests.Any(request => request.Target == "/job/backup"), Patience);
        Assert.Equal("7", _app.Requests.Single(request => request.Target == "/job/backup").Text);
    }

    [Fact]
    public async Task Batch_ThatWasNotAnswered_ComesAgainAtTheNextSidecar()
    {
        await using var victim = await ChildSidecar.StartAsync(_folder, "app", _held, Resources);
        for (var number = 1; number <= 5; number++)
        {
            // Three are with the app, the others wait for their batch to fill up.
            Assert.Equal("204", await victim.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/t", $"{number}"));
        }

        await Eventually.True(() => _held.Requests.Any(request => request.Target == "/t"), Patience);

        await victim.KillAsync();
        await using var heir = await ChildSidecar.StartAsync(_folder, "app", _app, Resources);
        Assert.Equal("204", await heir.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/t", "6"));

        await Eventually.True(() => Received().Distinct().Count() == 6, Patience);
        Assert.Equal([1, 2, 3, 4, 5, 6], Received().Distinct().Order());
    }

    private static AppAnswer Answer(AppRequest request) => request.Target switch
    {
        "/dapr/subscribe" => new AppAnswer(200, """[{"pubsubname":"pubsub","topic":"t","route":"/t","bulkSubscribe":{"enabled":true,"maxMessagesCount":3,"maxAwaitDurationMs":600000}}]"""),
        "/t" => new AppAnswer(200, JsonSerializer.Serialize(new { statuses = Entries(request).Select(entry => new { entryId = entry.GetProperty("entryId").GetString(), status = "SUCCESS" }) })),
        "/job/backup" => new AppAnswer(200),
        _ => new AppAnswer(404),
    };

    private static IEnumerable<JsonElement> Entries(AppRequest request) => JsonDocument.Parse(request.Text).RootElement.GetProperty("entries").EnumerateArray();

    private List<int> Received() =>
        [.. _app.Requests.Where(request => request.Target == "/t").SelectMany(Entries).Select(entry => entry.GetProperty("event").GetProperty("data").GetInt32())];
}
