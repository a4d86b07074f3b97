using System.Net;
using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Builder;

namespace DaprShop.Tests.Actors;

public sealed class HostTests
{
    [Fact]
    public async Task Configuration_Defaults_NamesTheTypesAndReentrancy()
    {
        await using var app = await HostedApp.StartAsync();

        var answer = await app.SendAsync(HttpMethod.Get, "/dapr/config");

        Assert.Equal((HttpStatusCode.OK, """{"entities":["Counter"],"reentrancy":{"enabled":false}}"""), answer);
    }

    [Fact]
    public async Task Configuration_EveryOption_IsWritten()
    {
        await using var app = await HostedApp.StartAsync(options =>
        {
            options.ActorIdleTimeout = TimeSpan.FromMinutes(10);
            options.ActorScanInterval = TimeSpan.FromSeconds(30);
            options.DrainOngoingCallTimeout = new TimeSpan(1, 2, 3, 4, 5);
            options.DrainRebalancedActors = true;
            options.RemindersStoragePartitions = 7;
            options.ReentrancyConfig = new() { Enabled = true, MaxStackDepth = 5 };
            options.Actors.RegisterActor<CounterActor>("Other", new ActorRuntimeOptions { ActorIdleTimeout = TimeSpan.FromMilliseconds(1500) });
        });

        var (_, body) = await app.SendAsync(HttpMethod.Get, "/dapr/config");

        Assert.Equal(
            """{"entities":["Counter","Other"],"actorIdleTimeout":"0h10m0s0ms","actorScanInterval":"0h0m30s0ms","drainOngoingCallTimeout":"26h3m4s5ms","drainRebalancedActors":true,"remindersStoragePartitions":7,"reentrancy":{"enabled":true,"maxStackDepth":5},"entitiesConfig":[{"entities":["Other"],"actorIdleTimeout":"0h0m1s500ms","reentrancy":{"enabled":false}}]}""",
            body);
    }

    [Fact]
    public async Task Health_WithoutAnEndpointOfTheApps_IsServed()
    {
        await using var app = await HostedApp.StartAsync();

        Assert.Equal((HttpStatusCode.OK, "Healthy"), await app.SendAsync(HttpMethod.Get, "/healthz"));
    }

    [Fact]
    public async Task Turn_OfAMethod_ActivatesSavesAndAnswers()
    {
        await using var app = await HostedApp.StartAsync();

        var first = await app.CallAsync("a", "Add", "2");
        var second = await app.CallAsync("a", "Add", "3");

        Assert.Equal(((HttpStatusCode.OK, "2"), (HttpStatusCode.OK, "5")), (first, second));
        Assert.Equal("5", app.State["Counter/a/total"]);
        Assert.Equal(
            ["activated a", "before ActorInterfaceMethod Add", "after Add", "before ActorInterfaceMethod Add", "after Add"], app.Diary.Lines);
        Assert.Equal(
            [
                "GET /v1.0/actors/Counter/a/state/total",
                "PUT /v1.0/actors/Counter/a/state",
                "PUT /v1.0/actors/Counter/a/state",
            ],
            app.Sidecar.Requests.Select(request => request.Line));
        Assert.Equal("""[{"operation":"upsert","request":{"key":"total","value":2}}]""", app.Writes.First().Body);
        Assert.Equal("text/plain; charset=utf-8", app.Writes.First().Header("Content-Type"));
    }

    [Fact]
    public async Task Turn_ThatThrows_LosesItsChangesAndReadsAnew()
    {
        await using var app = await HostedApp.StartAsync();
        await app.CallAsync("a", "Add", "2");

        var failed = await app.CallAsync("a", "AddThenFail", "40");
        app.State["Counter/a/total"] = "7";
        var next = await app.CallAsync("a", "Add", "1");

        Assert.Equal(HttpStatusCode.InternalServerError, failed.Status);
        Assert.Equal("8", next.Body);
        Assert.Equal(["2", "8"], app.Writes.Select(write => write.Body.Split("\"value\":")[1].TrimEnd('}', ']')));
        Assert.Contains("failed AddThenFail: after adding", app.Diary.Lines);
        Assert.DoesNotContain("after AddThenFail", app.Diary.Lines);
    }

    [Fact]
    public async Task Turn_WhoseStateIsRefused_FailsAndIsForgotten()
    {
        await using var app = await HostedApp.StartAsync();
        await app.CallAsync("a", "Add", "2");

        app.StoreRefuses = HttpStatusCode.InternalServerError;
        var refused = await app.CallAsync("a", "Add", "40");
        app.StoreRefuses = null;
        var next = await app.CallAsync("a", "Add", "1");

        Assert.Equal(HttpStatusCode.InternalServerError, refused.Status);
        Assert.Equal("3", next.Body);
    }

    [Fact]
    public async Task Deactivation_OfAnActor_SavesNothingAndDisposesIt()
    {
        await using var app = await HostedApp.StartAsync();
        await app.CallAsync("a", "Add", "2");
        var writes = app.Writes.Count();

        var answer = await app.SendAsync(HttpMethod.Delete, "/actors/Counter/a");
        var again = await app.SendAsync(HttpMethod.Delete, "/actors/Counter/a");
        var next = await app.CallAsync("a", "Value");

        Assert.Equal(((HttpStatusCode.OK, ""), (HttpStatusCode.OK, "")), (answer, again));
        Assert.Equal(["deactivated", "disposed", "activated a"], app.Diary.Lines.Skip(3).Take(3));
        Assert.Equal((HttpStatusCode.OK, "2"), next);
        Assert.Equal(writes, app.Writes.Count());
    }

    [Theory]
    [InlineData("/actors/Counter/a/method/Missing")]
    [InlineData("/actors/Counter/a/method/add")]
    [InlineData("/actors/Counter/a/method/Combine")]
    [InlineData("/actors/Nobody/a/method/Add")]
    public async Task Call_ThatCannotBeMade_IsAnErrorAndActivatesNothing(string path)
    {
        await using var app = await HostedApp.StartAsync();

        var answer = await app.SendAsync(HttpMethod.Put, path, "1");

        Assert.Equal(HttpStatusCode.InternalServerError, answer.Status);
        Assert.Empty(app.Diary.Lines);
    }

    [Fact]
    public async Task Reminder_Firing_IsATurnWithItsPayload()
    {
        await using var app = await HostedApp.StartAsync();

        var answer = await app.CallAsync("a", "remind/later", """{"data":"YWJj","dueTime":"1m30s","period":""}""");

        Assert.Equal((HttpStatusCode.OK, ""), answer);
        Assert.Equal(
            ["activated a", "before ReminderMethod ReceiveReminderAsync", "reminder later YWJj 90 -1", "after ReceiveReminderAsync"],
            app.Diary.Lines);
        Assert.Equal("10", app.State["Counter/a/total"]);
    }

    [Fact]
    public async Task Timer_Firing_CallsItsMethodByName()
    {
        await using var app = await HostedApp.StartAsync();

        var fired = await app.CallAsync("a", "timer/tick", """{"callback":"OnTickAsync","data":"eHl6","dueTime":"1s","period":"1m30s"}""");
        var unknown = await app.CallAsync("a", "timer/tick", """{"callback":"Nothing","dueTime":"","period":""}""");

        Assert.Equal((HttpStatusCode.OK, "true"), fired);
        Assert.Equal(HttpStatusCode.InternalServerError, unknown.Status);
        Assert.Equal(["before TimerMethod OnTickAsync", "tick xyz", "after OnTickAsync"], app.Diary.Lines.Skip(1).Take(3));
        Assert.Equal("100", app.State["Counter/a/total"]);
    }

    [Fact]
    public async Task Registrations_OfATurn_GoToTheSidecar()
    {
        await using var app = await HostedApp.StartAsync();
        var proxy = app.Proxies.CreateActorProxy<ICounter>(new("a"), "Counter");

        await proxy.Remind(3600, -1);
        await proxy.Remind(5, 250);
        await proxy.Tick();

        Assert.Equal(
            [
                ("PUT /v1.0/actors/Counter/a/reminders/later", """{"dueTime":"1h0m0s0ms","period":"","data":"YWJj"}"""),
                ("PUT /v1.0/actors/Counter/a/reminders/later", """{"dueTime":"0h0m5s0ms","period":"0h0m0s250ms","data":"YWJj"}"""),
                ("PUT /v1.0/actors/Counter/a/timers/tick", """{"dueTime":"0h0m1s0ms","period":"0h1m30s0ms","data":"eHl6","callback":"OnTickAsync"}"""),
            ],
            app.Sidecar.Requests.Where(request => !request.Line.Contains("/method/", StringComparison.Ordinal)).Select(request => (request.Line, request.Body)));
    }

    [Fact]
    public void MapActorsHandlers_WithoutAddActors_SaysWhatIsMissing()
    {
        var app = WebApplication.CreateSlimBuilder().Build();

        var mistake = Assert.Throws<InvalidOperationException>(() => app.MapActorsHandlers());

        Assert.Contains("AddActors", mistake.Message, StringComparison.Ordinal);
    }
}
