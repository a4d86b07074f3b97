using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Grpc;
using DaprShop.Tests.Servers;
using DaprShop.Tests.Wire;
using DaprShop.Tests.Workflows;
using Sidecar.Grpc.DurableTask;
using static DaprShop.Tests.Workflows.Actions;

namespace DaprShop.Tests.Host;

/// <summary>Two sidecars of one app in processes of their own, over one store; one of them dies as by kill -9.</summary>
public sealed class TwoProcessesTests : IAsyncLifetime
{
    private const int Actors = 12;
    private const int Instances = 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("two-processes-").FullName;
    private Replica _victim = null!;
    private Replica _heir = null!;

    public async Task InitializeAsync()
    {
        _victim = await Replica.StartAsync(_folder);
        _heir = await Replica.StartAsync(_folder);
    }

    public async Task DisposeAsync()
    {
        await _victim.DisposeAsync();
        await _heir.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Sidecar_Killed_ItsActorsRemindersAndWorkflowsGoOnAtTheOther()
    {
        var actors = Enumerable.Range(0, Actors).Select(n => string.Create(CultureInfo.InvariantCulture, $"a{n}")).ToList();
        var sagas = Enumerable.Range(0, Instances).Select(n => string.Create(CultureInfo.InvariantCulture, $"o{n}")).ToList();
        var acknowledged = new ConcurrentDictionary<string, ConcurrentBag<string>>();

        // Both own some of everything.
        await Eventually.Get(
            async () =>
            {
                await Task.WhenAll(actors.Select(actor => AddAsync(actor, RandomName(), acknowledged)));
                return (_victim.Turns, _heir.Turns);
            },
            turns => turns is { Item1: > 0, Item2: > 0 });
        foreach (var actor in actors)
        {
            Assert.Equal("204", await Register(_heir, actor));
        }

        await Task.WhenAll(sagas.Select(id => StartSagaAsync(_heir, id)));
        await Eventually.True(() => actors.All(actor => _victim.Ticks.Contains(actor) || _heir.Ticks.Contains(actor)));
        await Eventually.True(() => _victim.Worker.Activities.Any() && _heir.Worker.Activities.Any());
        Assert.NotEmpty(_victim.Ticks);

        // While it dies, clients go on; whoever gets no answer asks again, under the same name.
        var adding = Task.WhenAll(actors.Select(async actor =>
        {
            for (var n = 0; n < 25; n++)
            {
                var name = RandomName();
                await Eventually.Get(() => AddAsync(actor, name, acknowledged), done => done, TimeSpan.FromSeconds(120));
            }
        }));
        await _victim.KillAsync();
        _heir.Ticks.Clear();
        await adding;
        await Eventually.True(() => actors.All(_heir.Ticks.Contains), TimeSpan.FromSeconds(120));
        foreach (var id in sagas)
        {
            await Eventually.Get(() => CallAsync(_heir, "RaiseEvent", new RaiseEventRequest { InstanceId = id, Name = "go", Input = "!" }), status => status == 0, TimeSpan.FromSeconds(120));
            var finished = await Eventually.Get(() => StateAsync(_heir, id), state => state?.WorkflowStatus == OrchestrationStatus.Completed, TimeSpan.FromSeconds(120));
            Assert.Equal($"[[{id}]]!", finished!.Output);
        }

        foreach (var actor in actors)
        {
            var kept = JsonSerializer.Deserialize<string[]>((await _heir.Sidecar.Http.SendTextAsync("GET", $"/v1.0/actors/counter/{actor}/state/names"))["200 ".Length..])!;
            Assert.Equal(kept.Distinct().Count(), kept.Length);
            Assert.Empty(acknowledged[actor].Except(kept));
        }
    }

    private static string RandomName() => Guid.NewGuid().ToString("N");

    private static Task<string> Register(Replica replica, string actor) =>
        replica.Sidecar.Http.SendTextAsync("PUT", $"/v1.0/actors/counter/{actor}/reminders/tick", """{"dueTime":"100ms","period":"500ms"}""");

    private async Task<bool> AddAsync(string actor, string name, ConcurrentDictionary<string, ConcurrentBag<string>> acknowledged)
    {
        foreach (var replica in (Replica[])[_victim, _heir])
        {
            try
            {
                if (await replica.Sidecar.Http.SendTextAsync("PUT", $"/v1.0/actors/counter/{actor}/method/add", name) == "200 added")
                {
                    acknowledged.GetOrAdd(actor, _ => []).Add(name);
                    return true;
                }
            }
            catch (HttpRequestException)
            {
                // Dead, or dying.
            }
        }

        return false;
    }

    private static async Task StartSagaAsync(Replica replica, string id) =>
        await Eventually.Get(
            () => CallAsync(replica, "StartInstance", new CreateInstanceRequest { InstanceId = id, Name = "saga", Input = id }), status => status is 0 or 6);

    private static async Task<int> CallAsync(Replica replica, string method, Google.Protobuf.IMessage request) =>
        (await replica.Client.CallAsync(RemoteWorker.Service + method, request, default)).Status;

    private static async Task<WorkflowState?> StateAsync(Replica replica, string id) => (await replica.Client.CallAsync(
        RemoteWorker.Service + "GetInstance", new GetInstanceRequest { InstanceId = id, GetInputsAndOutputs = true }, GetInstanceResponse.Parser)).WorkflowState;

    /// <summary>A sidecar process, its app and its workflow worker.</summary>
    private sealed class Replica : IAsyncDisposable
    {
        private static readonly string Store = Yaml.Component("statestore", "state.sqlite", ("connectionString", "shared.db"), ("actorStateStore", "true"));

        private readonly FakeApp _app;
        private int _turns;

        private Replica(FakeApp app) => _app = app;

        public ChildSidecar Sidecar { get; private set; } = null!;

        public RawGrpcClient Client { get; private set; } = null!;

        public RemoteWorker Worker { get; private set; } = null!;

        public ConcurrentBag<string> Ticks { get; } = [];

        public int Turns => _turns;

        public static async Task<Replica> StartAsync(string folder)
        {
            var app = await FakeApp.StartAsync();
            var replica = new Replica(app);
            app.Hold = replica.ActAsync;
            app.Answer = request => request.Target == "/dapr/config" ? new AppAnswer(200, """{"entities":["counter"],"actorIdleTimeout":"1h"}""")
                : !request.Target.StartsWith("/actors/", StringComparison.Ordinal) ? new AppAnswer(404)
                : new AppAnswer(200, "added", "text/plain");
            replica.Sidecar = await ChildSidecar.StartAsync(folder, "zoo", app, Store);
            replica.Client = new RawGrpcClient(replica.Sidecar.Grpc);
            replica.Worker = new RemoteWorker(replica.Client, Saga);
            return replica;
        }

        public Task KillAsync() => Sidecar.KillAsync();

        public async ValueTask DisposeAsync()
        {
            await Worker.DisposeAsync();
            Client.Dispose();
            await Sidecar.DisposeAsync();
            await _app.DisposeAsync();
        }

        private static IEnumerable<WorkflowAction> Saga(History history)
        {
            if (!history.Done(0))
            {
                return [Call(0, "a", history.Input)];
            }

            return !history.Done(1) ? [Call(1, "b", history.Result(0))]
                : history.Raised("go").FirstOrDefault() is { } go ? [Complete(2, history.Result(1) + go)]
                : [];
        }

        // Reads, adds and writes without an ETag: two turns of one actor at a time would lose a name. A failure cuts the answer off.
        private async Task ActAsync(AppRequest request)
        {
            var parts = request.Target.Split('/');
            if (parts is not ["", "actors", _, var actor, "method", ..])
            {
                return;
            }

            Interlocked.Increment(ref _turns);
            if (parts.Contains("remind"))
            {
                Ticks.Add(actor);
                return;
            }

            var read = await Sidecar.Http.SendTextAsync("GET", $"/v1.0/actors/counter/{actor}/state/names");
            var names = read.StartsWith("200 ", StringComparison.Ordinal) ? JsonSerializer.Deserialize<List<string>>(read["200 ".Length..])! : [];
            if (!names.Contains(request.Text))
            {
                names.Add(request.Text);
                var body = $$$"""[{"operation":"upsert","request":{"key":"names","value":{{{JsonSerializer.Serialize(names)}}} }}]""";
                var written = await Sidecar.Http.SendTextAsync("PUT", $"/v1.0/actors/counter/{actor}/state", body);
                if (written != "204")
                {
                    throw new InvalidOperationException(written);
                }
            }
        }
    }
}
