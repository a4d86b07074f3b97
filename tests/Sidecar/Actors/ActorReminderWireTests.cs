using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Components.State.InMemory;

namespace DaprShop.Tests.Actors;

public sealed class ActorReminderWireTests
{
    [Fact]
    public async Task Reminder_WithRepetitions_FiresThatOftenAndIsGone()
    {
        await using var sidecar = await ActorSidecar.StartAsync();

        var set = await sidecar.SendAsync("POST", "cat/tom/reminders/feed", """{"dueTime":"5s","period":"R3/PT10S","data":{"fish":1.0}}""");
        var shown = await sidecar.SendAsync("GET", "cat/tom/reminders/feed");
        sidecar.Clock.Advance(TimeSpan.FromSeconds(5));
        var first = Assert.Single(await sidecar.CallsAsync(1, IsReminder));
        await sidecar.WhileTimePassesAsync(sidecar.CallsAsync(3, IsReminder));
        await Eventually.Get(() => sidecar.SendAsync("GET", "cat/tom/reminders/feed"), answer => answer.StartsWith("404", StringComparison.Ordinal));
        sidecar.Clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal("204", set);
        Assert.Equal("""200 {"actorID":"tom","actorType":"cat","data":{"fish":1.0},"dueTime":"5s","period":"@every 10s"}""", shown);
        Assert.Equal(
            ("PUT", "/actors/cat/tom/method/remind/feed", """{"data":{"fish":1.0},"dueTime":"5s","period":"R3/PT10S"}"""),
            (first.Method, first.Target, first.Text));
        Assert.Equal(3, sidecar.Calls.Count);
    }

    [Fact]
    public async Task Reminder_WithoutAPeriod_FiresOnce()
    {
        await using var sidecar = await ActorSidecar.StartAsync();

        await sidecar.SendAsync("PUT", "cat/tom/reminders/feed", "{}");

        Assert.Equal("""{"dueTime":"","period":""}""", Assert.Single(await sidecar.CallsAsync(1, IsReminder)).Text);
        Assert.Equal(
            """404 {"errorCode":"ERR_ACTOR_REMINDER_NOT_FOUND","message":"actor reminder not found: feed"}""",
            await Eventually.Get(() => sidecar.SendAsync("GET", "cat/tom/reminders/feed"), answer => answer.StartsWith("404", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Reminder_BeyondItsTtl_IsGone()
    {
        await using var sidecar = await ActorSidecar.StartAsync();
        await sidecar.SendAsync("PUT", "cat/tom/reminders/feed", """{"dueTime":"10s","period":"10s","ttl":"15s"}""");

        await sidecar.WhileTimePassesAsync(sidecar.CallsAsync(2, IsReminder));
        await Eventually.Get(() => sidecar.SendAsync("GET", "cat/tom/reminders/feed"), answer => answer.StartsWith("404", StringComparison.Ordinal));
        sidecar.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(2, sidecar.Calls.Count);
    }

    [Fact]
    public async Task Reminder_ThatFails_IsTriedFourTimesForOneTick()
    {
        await using var sidecar = await ActorSidecar.StartAsync(answer: _ => new AppAnswer(500, "no"));
        await sidecar.SendAsync("PUT", "cat/tom/reminders/feed", """{"dueTime":"0s"}""");

        await sidecar.WhileTimePassesAsync(sidecar.CallsAsync(4, IsReminder));
        await Eventually.Get(() => sidecar.SendAsync("GET", "cat/tom/reminders/feed"), answer => answer.StartsWith("404", StringComparison.Ordinal));
        sidecar.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(4, sidecar.Calls.Count);
    }

    [Theory]
    [InlineData("""{"drop":{}}""", 1)]
    [InlineData("""{"constant":{"interval":"500ms","maxRetries":2}}""", 3)]
    [InlineData("""{"constant":{"max_retries":1}}""", 2)]
    [InlineData("null", 4)]
    public async Task Reminder_ThatFails_IsTriedAsItsPolicySays(string policy, int tries)
    {
        await using var sidecar = await ActorSidecar.StartAsync(answer: _ => new AppAnswer(500, "no"));

        var set = await sidecar.SendAsync("PUT", "cat/tom/reminders/feed", $$"""{"dueTime":"0s","failure_policy":{{policy}}}""");
        await sidecar.WhileTimePassesAsync(sidecar.CallsAsync(tries, IsReminder));
        await Eventually.Get(() => sidecar.SendAsync("GET", "cat/tom/reminders/feed"), answer => answer.StartsWith("404", StringComparison.Ordinal));
        sidecar.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("204", set);
        Assert.Equal(tries, sidecar.Calls.Count);
    }

    [Fact]
    public async Task Reminder_CancelledByTheApp_FiresNoMore()
    {
        await using var sidecar = await ActorSidecar.StartAsync(answer: _ => new AppAnswer(200) { Header = ("X-DaprReminderCancel", "true") });
        await sidecar.SendAsync("PUT", "cat/tom/reminders/feed", """{"dueTime":"0s","period":"1s"}""");

        await sidecar.CallsAsync(1, IsReminder);

        await Eventually.Get(() => sidecar.SendAsync("GET", "cat/tom/reminders/feed"), answer => answer.StartsWith("404", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reminder_Deleted_NeverFires()
    {
        await using var sidecar = await ActorSidecar.StartAsync();
        await sidecar.SendAsync("PUT", "cat/tom/reminders/feed", """{"dueTime":"5s"}""");
        await sidecar.SendAsync("PUT", "cat/tom/reminders/other", """{"dueTime":"6s"}""");

        var deleted = await sidecar.SendAsync("DELETE", "cat/tom/reminders/feed");
        var missing = await sidecar.SendAsync("DELETE", "cat/tom/reminders/feed");
        sidecar.Clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(("204", "204"), (deleted, missing));
        Assert.Equal("/actors/cat/tom/method/remind/other", Assert.Single(await sidecar.CallsAsync(1, IsReminder)).Target);
    }

    [Fact]
    public async Task Reminder_ThatStands_IsReplacedUnlessToldNotTo()
    {
        await using var sidecar = await ActorSidecar.StartAsync();
        await sidecar.SendAsync("PUT", "cat/tom/reminders/feed", """{"dueTime":"5s","data":"old"}""");

        var kept = await sidecar.SendAsync("PUT", "cat/tom/reminders/feed", """{"dueTime":"10s","data":"new","overwrite":false}""");
        var replaced = await sidecar.SendAsync("PUT", "cat/tom/reminders/feed", """{"dueTime":"20s","data":"newest","ttl":"2552-01-01T00:00:00Z"}""");
        var shown = await sidecar.SendAsync("GET", "cat/tom/reminders/feed");
        sidecar.Clock.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal("""409 {"errorCode":"ERR_ACTOR_REMINDER_ALREADY_EXISTS","message":"actor reminder already exists: feed"}""", kept);
        Assert.Equal("204", replaced);
        Assert.Equal("""200 {"actorID":"tom","actorType":"cat","data":"newest","dueTime":"20s","ttl":"2552-01-01T00:00:00Z"}""", shown);
        Assert.Equal("""{"data":"newest","dueTime":"20s","period":""}""", Assert.Single(await sidecar.CallsAsync(1, IsReminder)).Text);
    }

    [Fact]
    public async Task Reminder_AfterARestart_GoesOnWhereItWas()
    {
        var clock = new ManualClock();
        var store = new InMemoryStateStore(clock);
        await using var clients = new SharedClients();
        var setup = new SidecarSetup
        {
            Resources = [Yaml.Component("actors", "state.kept", ("actorStateStore", "true"))],
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.kept"] = () => store },
            Process = new(clients, new(), clock),
        };
        await using (var before = await ActorSidecar.StartAsync(setup: setup))
        {
            await before.SendAsync("PUT", "cat/tom/reminders/feed", """{"dueTime":"10s","period":"R3/PT10S","data":[1]}""");
            clock.Advance(TimeSpan.FromSeconds(10));
            await before.CallsAsync(1, IsReminder);
        }

        // Two ticks' time without a sidecar: one is made up for, the grid stays, and it counts as one of the three.
        clock.Advance(TimeSpan.FromSeconds(25));
        await using var after = await ActorSidecar.StartAsync(setup: setup);
        await after.CallsAsync(1, IsReminder);
        var began = clock.GetUtcNow();
        var ticks = await after.WhileTimePassesAsync(after.CallsAsync(2, IsReminder));

        Assert.All(ticks, tick => Assert.Equal("""{"data":[1],"dueTime":"10s","period":"R3/PT10S"}""", tick.Text));
        Assert.InRange(clock.GetUtcNow() - began, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));
        await Eventually.Get(() => after.SendAsync("GET", "cat/tom/reminders/feed"), answer => answer.StartsWith("404", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cat/tom/reminders/r", """{"dueTime":"soon"}""", 500, "ERR_ACTOR_REMINDER_CREATE", "error creating actor reminder: error parsing reminder due time: unsupported time/duration format: soon")]
    [InlineData("cat/tom/reminders/r", """{"period":"P1D"}""", 500, "ERR_ACTOR_REMINDER_CREATE", "error creating actor reminder: unsupported period format: P1D")]
    [InlineData("dog/rex/reminders/r", "{}", 403, "ERR_ACTOR_REMINDER_NON_HOSTED", "operations on actor reminders are only possible on hosted actor types")]
    [InlineData("cat/tom/reminders/r", """{"failure_policy":{"constant":{},"drop":{}}}""", 400, "ERR_MALFORMED_REQUEST", "failed deserializing HTTP body: \\\"failure_policy\\\" must be {\\\"drop\\\":{}} or {\\\"constant\\\":{\\\"interval\\\":\\\"1s\\\",\\\"maxRetries\\\":3}}")]
    [InlineData("cat/tom/reminders/r", """{"failure_policy":{"constant":{"maxRetries":-1}}}""", 400, "ERR_MALFORMED_REQUEST", "failed deserializing HTTP body: \\\"failure_policy.constant.maxRetries\\\" must be a whole number from 0 on")]
    [InlineData("cat/tom/reminders/r", "", 400, "ERR_MALFORMED_REQUEST", "failed deserializing HTTP body: EOF")]
    [InlineData("cat/tom/reminders/r", "[]", 400, "ERR_MALFORMED_REQUEST", "failed deserializing HTTP body: the body is not a JSON object")]
    [InlineData("cat/tom/reminders/a%5Cb", "{}", 400, "ERR_BAD_REQUEST", "invalid request: name contains forbidden character: \\\"a\\\\\\\\b\\\"")]
    public async Task Reminder_ThatCannotBe_IsRefused(string path, string body, int status, string code, string message)
    {
        await using var sidecar = await ActorSidecar.StartAsync();

        Assert.Equal($$"""{{status}} {"errorCode":"{{code}}","message":"{{message}}"}""", await sidecar.SendAsync("POST", path, body));
    }

    [Fact]
    public async Task Reminder_WithoutAStoreForActors_SaysWhatIsMissing()
    {
        await using var sidecar = await ActorSidecar.StartAsync(setup: new SidecarSetup());

        var answers = new[]
        {
            await sidecar.SendAsync("PUT", "cat/tom/reminders/r", "{}"),
            await sidecar.SendAsync("GET", "cat/tom/reminders/r"),
            await sidecar.SendAsync("DELETE", "cat/tom/reminders/r"),
            await sidecar.SendAsync("PUT", "cat/tom/timers/t", "{}"),
        };

        Assert.All(answers, answer => Assert.StartsWith("""500 {"errorCode":"ERR_ACTOR_RUNTIME_NOT_FOUND",""", answer, StringComparison.Ordinal));
    }

    private static bool IsReminder(AppRequest request) => request.Target.Contains("/method/remind/", StringComparison.Ordinal);
}
