using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Components.State.InMemory;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.Actors;

public sealed class ActorLifecycleWireTests
{
    [Fact]
    public async Task Actor_ThatIsIdle_IsDeactivatedAndComesBack()
    {
        await using var sidecar = await ActorSidecar.StartAsync("""{"entities":["cat"],"actorIdleTimeout":"10s"}""");
        await sidecar.SendAsync("POST", "cat/tom/method/m");
        sidecar.Clock.Advance(TimeSpan.FromSeconds(9));
        await sidecar.SendAsync("POST", "cat/tom/method/m");
        sidecar.Clock.Advance(TimeSpan.FromSeconds(9));

        Assert.DoesNotContain("DELETE /actors/cat/tom", sidecar.CallLines);
        sidecar.Clock.Advance(TimeSpan.FromSeconds(1));
        await sidecar.CallsAsync(1, call => call.Method == "DELETE");
        await sidecar.SendAsync("POST", "cat/tom/method/m");

        Assert.Equal(
            ["PUT /actors/cat/tom/method/m", "PUT /actors/cat/tom/method/m", "DELETE /actors/cat/tom", "PUT /actors/cat/tom/method/m"], sidecar.CallLines);
    }

    [Fact]
    public async Task Actor_WhoseTurnOutlastsTheIdleTimeout_IsNotCutOff()
    {
        await using var sidecar = await ActorSidecar.StartAsync("""{"entities":["cat"],"actorIdleTimeout":"10s"}""");
        var slow = new TaskCompletionSource();
        sidecar.App.Hold = request => request.Target.EndsWith("/slow", StringComparison.Ordinal) ? slow.Task : Task.CompletedTask;
        var turn = sidecar.SendAsync("POST", "cat/tom/method/slow");
        await sidecar.CallsAsync(1, _ => true);

        sidecar.Clock.Advance(TimeSpan.FromMinutes(1));
        slow.SetResult();

        Assert.Equal("200", await turn);
        Assert.Equal(["PUT /actors/cat/tom/method/slow"], sidecar.CallLines);
        sidecar.Clock.Advance(TimeSpan.FromSeconds(10));
        await sidecar.CallsAsync(1, call => call.Method == "DELETE");
    }

    [Fact]
    public async Task Call_WhileTheAppDeactivates_WaitsForTheEnd()
    {
        await using var sidecar = await ActorSidecar.StartAsync("""{"entities":["cat"],"actorIdleTimeout":"10s"}""");
        var goodbye = new TaskCompletionSource();
        sidecar.App.Hold = request => request.Method == "DELETE" ? goodbye.Task : Task.CompletedTask;
        await sidecar.SendAsync("POST", "cat/tom/method/m");
        sidecar.Clock.Advance(TimeSpan.FromSeconds(10));
        await sidecar.CallsAsync(1, call => call.Method == "DELETE");

        var call = sidecar.SendAsync("POST", "cat/tom/method/m");
        Assert.Equal("200", await sidecar.SendAsync("POST", "cat/kitty/method/m"));
        Assert.False(call.IsCompleted);
        goodbye.SetResult();

        Assert.Equal("200", await call);
    }

    [Fact]
    public async Task Deactivation_WithTimers_EndsThem()
    {
        await using var sidecar = await ActorSidecar.StartAsync("""{"entities":["cat"],"actorIdleTimeout":"10s"}""");
        await sidecar.SendAsync("POST", "cat/tom/method/m");
        await sidecar.SendAsync("PUT", "cat/tom/timers/late", """{"dueTime":"30s"}""");
        await sidecar.SendAsync("PUT", "cat/kitty/timers/later", """{"dueTime":"40s"}""");

        await sidecar.WhileTimePassesAsync(sidecar.CallsAsync(1, call => call.Target.EndsWith("/timer/later", StringComparison.Ordinal)));

        Assert.Equal(["PUT /actors/cat/tom/method/m", "DELETE /actors/cat/tom", "PUT /actors/cat/kitty/method/timer/later"], sidecar.CallLines);
    }

    [Fact]
    public async Task Stop_WithATurnInHand_LetsItEndAndDeactivates()
    {
        await using var sidecar = await ActorSidecar.StartAsync();
        var slow = new TaskCompletionSource();
        sidecar.App.Hold = request => request.Target.EndsWith("/slow", StringComparison.Ordinal) ? slow.Task : Task.CompletedTask;
        var turn = sidecar.SendAsync("POST", "cat/tom/method/slow");
        await sidecar.CallsAsync(1, _ => true);

        var stopping = sidecar.Running.Host.StopDeliveriesAsync(CancellationToken.None);
        var state = await sidecar.SendAsync("PUT", "cat/tom/state", """[{"operation":"upsert","request":{"key":"k","value":1}}]""");
        slow.SetResult();
        await stopping;

        Assert.Equal(("200", "204"), (await turn, state));
        Assert.Equal(["PUT /actors/cat/tom/method/slow", "DELETE /actors/cat/tom"], sidecar.CallLines);
        Assert.Equal(
            """503 {"errorCode":"ERR_ACTOR_RUNTIME_CLOSED","message":"actor runtime is closed"}""",
            await sidecar.SendAsync("POST", "cat/tom/method/m"));
    }

    [Fact]
    public async Task Stop_WithATurnThatDoesNotEnd_CutsItOffAfterTheDrainTimeout()
    {
        await using var sidecar = await ActorSidecar.StartAsync("""{"entities":["cat"],"drainOngoingCallTimeout":"3s"}""");
        sidecar.App.Hold = request => request.Target.EndsWith("/hangs", StringComparison.Ordinal) ? new TaskCompletionSource().Task : Task.CompletedTask;
        var turn = sidecar.SendAsync("POST", "cat/tom/method/hangs");
        await sidecar.CallsAsync(1, _ => true);
        var began = sidecar.Clock.GetUtcNow();

        var stopping = sidecar.Running.Host.StopDeliveriesAsync(CancellationToken.None);
        await sidecar.WhileTimePassesAsync(stopping.ContinueWith(_ => true, TaskScheduler.Default));

        Assert.True(sidecar.Clock.GetUtcNow() - began >= TimeSpan.FromSeconds(3), "it was cut off too soon");
        Assert.StartsWith("503", await turn, StringComparison.Ordinal);
        Assert.Equal(["PUT /actors/cat/tom/method/hangs", "DELETE /actors/cat/tom"], sidecar.CallLines);
    }

    [Fact]
    public async Task Replicas_OfOneApp_HaveEachActorOnOneOfThem()
    {
        await using var clients = new SharedClients();
        var setup = new SidecarSetup { Resources = [ActorSidecar.Store], Process = new SidecarProcess(clients, new SidecarDirectory(), new ManualClock()) };
        await using var one = await ActorSidecar.StartAsync(setup: setup);
        await using var two = await ActorSidecar.StartAsync(setup: setup);
        var cats = Enumerable.Range(0, 40).ToList();

        foreach (var cat in cats)
        {
            Assert.Equal("200", await (cat % 2 == 0 ? one : two).SendAsync("POST", $"cat/{cat}/method/m"));
            Assert.Equal("200", await (cat % 2 == 0 ? two : one).SendAsync("POST", $"cat/{cat}/method/m"));
        }

        Assert.Equal(80, one.Calls.Count + two.Calls.Count);
        Assert.All(cats, cat => Assert.Contains((Count(one, cat), Count(two, cat)), new[] { (0, 2), (2, 0) }));
        Assert.InRange(one.Calls.Count, 10, 70);
    }

    [Fact]
    public async Task Replica_ThatStops_HandsItsActorsAndRemindersOver()
    {
        await using var clients = new SharedClients();
        var clock = new ManualClock();
        var store = new InMemoryStateStore(clock);
        var setup = new SidecarSetup
        {
            Resources = [Yaml.Component("actors", "state.kept", ("actorStateStore", "true"))],
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.kept"] = () => store },
            Process = new SidecarProcess(clients, new SidecarDirectory(), clock),
        };
        await using var one = await ActorSidecar.StartAsync(setup: setup);
        await using var two = await ActorSidecar.StartAsync(setup: setup);
        var cats = Enumerable.Range(0, 20).ToList();
        foreach (var cat in cats)
        {
            Assert.Equal("204", await one.SendAsync("PUT", $"cat/{cat}/reminders/feed", """{"dueTime":"10s","period":"10s"}"""));
        }

        clock.Advance(TimeSpan.FromSeconds(10));
        await Eventually.True(() => Reminders(one).Count + Reminders(two).Count == 20);
        var before = Reminders(two);
        await two.Running.Host.StopDeliveriesAsync(CancellationToken.None);
        await one.WhileTimePassesAsync(Eventually.Get(() => Reminders(one).Distinct().Count(), count => count == 20));

        Assert.InRange(before.Count, 1, 19);
        Assert.Equal(before.Count, two.Calls.Count(call => call.Method == "DELETE"));
    }

    [Fact]
    public async Task Processes_OverOneStore_ForwardToTheOwner()
    {
        await using var clients = new SharedClients();
        var clock = new ManualClock();
        var store = new InMemoryStateStore(clock);
        var setup = new SidecarSetup
        {
            Resources = [Yaml.Component("actors", "state.kept", ("actorStateStore", "true"))],
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.kept"] = () => store },
        };
        SidecarProcess Process() => new(clients, new SidecarDirectory(), clock) { Actors = null };
        await using var one = await ActorSidecar.StartAsync(answer: request => new AppAnswer(200, $"one {request.Text}"), setup: setup with { Process = Process() });
        await using var two = await one.WhileTimePassesAsync(
            ActorSidecar.StartAsync(answer: request => request.Text == "bad" ? new AppAnswer(500, "no") : new AppAnswer(200, $"two {request.Text}"), setup: setup with { Process = Process() }));

        var answers = new List<string>();
        for (var cat = 0; cat < 20; cat++)
        {
            var first = await one.WhileTimePassesAsync(one.SendAsync("POST", $"cat/{cat}/method/m%20x", "hello"));
            Assert.Equal(first, await two.WhileTimePassesAsync(two.SendAsync("POST", $"cat/{cat}/method/m%20x", "hello")));
            Assert.Equal("204", await two.WhileTimePassesAsync(one.SendAsync("PUT", $"cat/{cat}/reminders/feed", """{"dueTime":"30s","data":[1]}""")));
            answers.Add(first);
        }

        Assert.Equal(["200 one hello", "200 two hello"], answers.Distinct().Order());
        Assert.All(two.Calls, call => Assert.Equal("/method/m%20x", call.Target[call.Target.IndexOf("/method", StringComparison.Ordinal)..]));
        var remote = answers.IndexOf("200 two hello");
        Assert.Equal(
            """500 {"errorCode":"ERR_ACTOR_INVOKE_METHOD","message":"error invoke actor method: error from actor service: (500) no"}""",
            await one.SendAsync("POST", $"cat/{remote}/method/m", "bad"));
        await one.WhileTimePassesAsync(Eventually.True(() => Reminders(one).Count + Reminders(two).Count >= 20).ContinueWith(_ => true, TaskScheduler.Default));
        Assert.Equal(answers.Count(answer => answer == "200 two hello"), Reminders(two).Count);
        Assert.Equal(20, Reminders(one).Concat(Reminders(two)).Distinct().Count());
    }

    private static List<string> Reminders(ActorSidecar sidecar) => [.. sidecar.Calls.Where(IsReminder).Select(call => call.Target)];

    private static bool IsReminder(AppRequest request) => request.Target.Contains("/method/remind/", StringComparison.Ordinal);

    private static int Count(ActorSidecar sidecar, int cat) =>
        sidecar.Calls.Count(call => call.Target.StartsWith($"/actors/cat/{cat}/", StringComparison.Ordinal));
}
