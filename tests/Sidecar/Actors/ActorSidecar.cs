using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.Actors;

/// <summary>A real sidecar whose app hosts actors and answers every call of the runtime with 200 unless told otherwise. Its time stands still.</summary>
internal sealed class ActorSidecar : IAsyncDisposable
{
    public const string Cats = """{"entities":["cat"],"actorIdleTimeout":"1h"}""";

    private readonly SharedClients _clients;
    private readonly bool _ownsClients;

    private ActorSidecar(FakeApp app, RunningSidecar running, ManualClock clock, SharedClients clients, bool ownsClients) =>
        (App, Running, Clock, _clients, _ownsClients) = (app, running, clock, clients, ownsClients);

    public static string Store { get; } = Yaml.Component("actors", "state.in-memory", ("actorStateStore", "true"));

    public FakeApp App { get; }

    public RunningSidecar Running { get; }

    public ManualClock Clock { get; }

    public HttpClient Http => Running.Http;

    /// <summary>What the runtime asked of the app's actors, the configuration and subscriptions left out.</summary>
    public IReadOnlyList<AppRequest> Calls => [.. App.Requests.Where(request => request.Target.StartsWith("/actors/", StringComparison.Ordinal))];

    public IReadOnlyList<string> CallLines => [.. Calls.Select(call => $"{call.Method} {call.Target}")];

    public static async Task<ActorSidecar> StartAsync(
        string configuration = Cats, Func<AppRequest, AppAnswer>? answer = null, SidecarSetup? setup = null)
    {
        var app = await FakeApp.StartAsync(request => request.Target switch
        {
            "/dapr/config" => new AppAnswer(200, configuration),
            _ when request.Target.StartsWith("/actors/", StringComparison.Ordinal) => answer?.Invoke(request) ?? new AppAnswer(200),
            _ => new AppAnswer(404),
        });
        setup ??= new SidecarSetup { Resources = [Store] };
        var process = setup.Process ?? new SidecarProcess(new SharedClients(), new SidecarDirectory(), new ManualClock());
        var running = await RunningSidecar.StartAsync(setup with { App = app, Process = process });
        return new ActorSidecar(app, running, (ManualClock)process.Clock, process.Clients, setup.Process is null);
    }

    public Task<string> SendAsync(string method, string path, string? body = null, params (string Name, string Value)[] headers) =>
        Http.SendTextAsync(method, $"/v1.0/actors/{path}", body, headers);

    /// <summary>Moves time on in small steps until the task has ended: what it waits for may come to wait only on the way.</summary>
    public async Task<T> WhileTimePassesAsync<T>(Task<T> task)
    {
        await Eventually.True(() =>
        {
            Clock.Advance(TimeSpan.FromMilliseconds(100));
            return task.IsCompleted;
        });
        return await task;
    }

    /// <summary>Returns once the app got this many calls that the condition holds for, or more.</summary>
    public Task<IReadOnlyList<AppRequest>> CallsAsync(int count, Func<AppRequest, bool> condition) => Eventually.Get(
        () =>
        {
            // What is due at once still is due by a timer.
            Clock.Advance(TimeSpan.Zero);
            return (IReadOnlyList<AppRequest>)[.. Calls.Where(condition)];
        },
        calls => calls.Count >= count);

    public async ValueTask DisposeAsync()
    {
        await Running.DisposeAsync();
        await App.DisposeAsync();
        if (_ownsClients)
        {
            await _clients.DisposeAsync();
        }
    }
}
