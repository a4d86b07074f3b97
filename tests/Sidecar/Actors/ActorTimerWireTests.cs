using DaprShop.Tests.Wire;

namespace DaprShop.Tests.Actors;

public sealed class ActorTimerWireTests
{
    [Fact]
    public async Task Timer_WithRepetitions_TicksThatOftenWithWhatItWasGiven()
    {
        await using var sidecar = await ActorSidecar.StartAsync();

        var set = await sidecar.SendAsync("POST", "cat/tom/timers/feed", """{"dueTime":"5s","period":"R2/PT10S","callback":"Feed","data":{"fish":1.0}}""");
        sidecar.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Empty(sidecar.Calls);
        sidecar.Clock.Advance(TimeSpan.FromSeconds(1));
        var first = Assert.Single(await sidecar.CallsAsync(1, IsTick));
        var second = await sidecar.WhileTimePassesAsync(sidecar.CallsAsync(2, IsTick));
        sidecar.Clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal("204", set);
        Assert.Equal(
            ("PUT", "/actors/cat/tom/method/timer/feed", """{"data":{"fish":1.0},"callback":"Feed","dueTime":"5s","period":"R2/PT10S"}""", "application/json"),
            (first.Method, first.Target, first.Text, first.Headers["Content-Type"]));
        Assert.Equal(first.Text, second[1].Text);
        Assert.Equal(2, sidecar.Calls.Count);
    }

    [Fact]
    public async Task Timer_Deleted_NeverTicks()
    {
        await using var sidecar = await ActorSidecar.StartAsync();
        await sidecar.SendAsync("PUT", "cat/tom/timers/feed", """{"dueTime":"5s"}""");
        await sidecar.SendAsync("PUT", "cat/tom/timers/other", """{"dueTime":"6s"}""");

        var deleted = await sidecar.SendAsync("DELETE", "cat/tom/timers/feed");
        var missing = await sidecar.SendAsync("DELETE", "cat/tom/timers/feed");
        sidecar.Clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(("204", "204"), (deleted, missing));
        Assert.Equal("/actors/cat/tom/method/timer/other", Assert.Single(await sidecar.CallsAsync(1, IsTick)).Target);
    }

    [Fact]
    public async Task Timer_OfTheSameName_ReplacesTheOther()
    {
        await using var sidecar = await ActorSidecar.StartAsync();
        await sidecar.SendAsync("PUT", "cat/tom/timers/feed", """{"dueTime":"5s","data":"old"}""");

        await sidecar.SendAsync("PUT", "cat/tom/timers/feed", """{"dueTime":"10s","data":"new"}""");
        sidecar.Clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("""{"data":"new","callback":"","dueTime":"10s","period":""}""", Assert.Single(await sidecar.CallsAsync(1, IsTick)).Text);
    }

    [Fact]
    public async Task Timer_WhoseTickFails_TicksOn()
    {
        await using var sidecar = await ActorSidecar.StartAsync(answer: _ => new AppAnswer(500));
        await sidecar.SendAsync("PUT", "cat/tom/timers/feed", """{"period":"1s"}""");

        Assert.InRange((await sidecar.WhileTimePassesAsync(sidecar.CallsAsync(3, IsTick))).Count, 3, 10);
    }

    [Fact]
    public async Task Timer_WhoseTurnRuns_TicksNoSecondTimeMeanwhile()
    {
        await using var sidecar = await ActorSidecar.StartAsync();
        var slow = new TaskCompletionSource();
        sidecar.App.Hold = request => IsTick(request) ? slow.Task : Task.CompletedTask;
        await sidecar.SendAsync("PUT", "cat/tom/timers/feed", """{"period":"1s"}""");

        await sidecar.CallsAsync(1, IsTick);
        sidecar.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("204", await sidecar.SendAsync("DELETE", "cat/tom/timers/none"));
        Assert.Single(sidecar.Calls);
        slow.SetResult();

        await sidecar.CallsAsync(2, IsTick);
    }

    [Fact]
    public async Task Timer_CancelledByItsCallback_TicksNoMore()
    {
        await using var sidecar = await ActorSidecar.StartAsync(answer: _ => new AppAnswer(200) { Header = ("X-Daprremindercancel", "true") });
        await sidecar.SendAsync("PUT", "cat/tom/timers/feed", """{"period":"1s"}""");
        await sidecar.CallsAsync(1, IsTick);
        await sidecar.SendAsync("PUT", "cat/tom/timers/other", """{"dueTime":"5s"}""");

        var ticks = await sidecar.WhileTimePassesAsync(sidecar.CallsAsync(2, IsTick));

        Assert.Equal(["/actors/cat/tom/method/timer/feed", "/actors/cat/tom/method/timer/other"], ticks.Select(tick => tick.Target));
    }

    [Theory]
    [InlineData("cat/tom/timers/t", """{"dueTime":"soon"}""", 500, "ERR_ACTOR_TIMER_CREATE", "error creating actor timer: error parsing timer due time: unsupported time/duration format: soon")]
    [InlineData("cat/tom/timers/t", """{"period":"R0/PT1S"}""", 500, "ERR_ACTOR_TIMER_CREATE", "error creating actor timer: invalid timer period: has zero repetitions")]
    [InlineData("dog/rex/timers/t", "{}", 500, "ERR_ACTOR_TIMER_CREATE", "error creating actor timer: can't create timer for actor dog||rex: actor type not registered")]
    [InlineData("cat/tom/timers/t", "", 400, "ERR_MALFORMED_REQUEST", "failed deserializing HTTP body: EOF")]
    [InlineData("cat/tom/timers/t", """{"dueTime":5}""", 400, "ERR_MALFORMED_REQUEST", "failed deserializing HTTP body: \\\"dueTime\\\" is not a string")]
    [InlineData("cat/tom/timers/a%2Fb", "{}", 400, "ERR_BAD_REQUEST", "invalid request: name contains forbidden character: \\\"a/b\\\"")]
    [InlineData("dapr.internal.x/tom/timers/t", "{}", 403, "ERR_ACTOR_TYPE_RESERVED", "actor type \\\"dapr.internal.x\\\" is reserved for the Dapr workflow runtime; direct actor API access is not permitted")]
    public async Task Timer_ThatCannotBe_IsRefused(string path, string body, int status, string code, string message)
    {
        await using var sidecar = await ActorSidecar.StartAsync();

        Assert.Equal($$"""{{status}} {"errorCode":"{{code}}","message":"{{message}}"}""", await sidecar.SendAsync("POST", path, body));
    }

    private static bool IsTick(AppRequest request) => request.Target.Contains("/method/timer/", StringComparison.Ordinal);
}
