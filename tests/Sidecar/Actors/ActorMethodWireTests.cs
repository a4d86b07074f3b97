using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;

namespace DaprShop.Tests.Actors;

public sealed class ActorMethodWireTests
{
    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Invoke_WithAnyVerb_IsAPutToTheApp(string verb)
    {
        await using var sidecar = await ActorSidecar.StartAsync(answer: _ => new AppAnswer(200, """{"purr":true}""") { Header = ("X-Mood", "good") });

        using var request = new HttpRequestMessage(new HttpMethod(verb), "/v1.0/actors/cat/to%20m%252F/method/stroke?times=2")
        {
            Content = verb == "GET" ? null : new StringContent("soft"),
        };
        request.Headers.Add("X-Who", "me");
        using var answer = await sidecar.Http.SendAsync(request);

        Assert.Equal((200, """{"purr":true}""", "good"), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.GetValues("X-Mood").Single()));
        var call = Assert.Single(sidecar.Calls);
        Assert.Equal(
            ("PUT", "/actors/cat/to%20m%252F/method/stroke?times=2", verb == "GET" ? "" : "soft", "me"),
            (call.Method, call.Target, call.Text, call.Headers["X-Who"]));
        Assert.False(call.Headers.ContainsKey("Dapr-Reentrancy-Id"));
    }

    [Fact]
    public async Task Invoke_WithAnErrorHeader_PassesTheApplicationsException()
    {
        await using var sidecar = await ActorSidecar.StartAsync(answer: _ => new AppAnswer(200, "trouble") { Header = ("X-DaprErrorResponseHeader", "yes") });

        using var answer = await sidecar.Http.PutAsync("/v1.0/actors/cat/tom/method/m", null);

        Assert.Equal((200, "trouble", "yes"), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.GetValues("X-DaprErrorResponseHeader").Single()));
    }

    [Theory]
    [InlineData(404, "", "actor method not found: actors/cat/tom/method/m")]
    [InlineData(500, "broken", "error from actor service: (500) broken")]
    [InlineData(204, "", "error from actor service: (204) ")]
    public async Task Invoke_AnsweredOtherwise_IsAnInvocationError(int status, string body, string message)
    {
        await using var sidecar = await ActorSidecar.StartAsync(answer: _ => new AppAnswer(status, body));

        Assert.Equal(
            $$"""500 {"errorCode":"ERR_ACTOR_INVOKE_METHOD","message":"error invoke actor method: {{message}}"}""",
            await sidecar.SendAsync("POST", "cat/tom/method/m"));
        Assert.Single(sidecar.Calls);
    }

    [Theory]
    [InlineData("cat/a%2Fb/method/m", 400, "ERR_BAD_REQUEST", "invalid request: invalid actorId: name contains forbidden character: \\\"a/b\\\"")]
    [InlineData("c%23t/a/method/m", 400, "ERR_BAD_REQUEST", "invalid request: invalid actorType: name contains forbidden character: \\\"c#t\\\"")]
    [InlineData("cat/a/method/m%3Fx", 400, "ERR_BAD_REQUEST", "invalid request: invalid method: it contains a forbidden character")]
    [InlineData("dapr.internal.default.app.workflow/a/method/m", 403, "ERR_ACTOR_TYPE_RESERVED", "actor type \\\"dapr.internal.default.app.workflow\\\" is reserved for the Dapr workflow runtime; direct actor API access is not permitted")]
    public async Task Invoke_OfANameThatMayNotBe_IsRefusedBeforeTheApp(string path, int status, string code, string message)
    {
        await using var sidecar = await ActorSidecar.StartAsync();

        Assert.Equal($$"""{{status}} {"errorCode":"{{code}}","message":"{{message}}"}""", await sidecar.SendAsync("POST", path));
        Assert.Empty(sidecar.Calls);
    }

    [Fact]
    public async Task Invoke_OfATypeNobodyHosts_IsLookedForSixTimesAndThen404()
    {
        await using var sidecar = await ActorSidecar.StartAsync();
        var began = sidecar.Clock.GetUtcNow();

        var answer = await sidecar.WhileTimePassesAsync(sidecar.SendAsync("POST", "dog/rex/method/m"));

        Assert.Equal("""404 {"errorCode":"ERR_ACTOR_NO_ADDRESS","message":"did not find address for actor 'dog||rex'"}""", answer);
        Assert.True(sidecar.Clock.GetUtcNow() - began >= TimeSpan.FromSeconds(5), "it was given up too soon");
    }

    [Fact]
    public async Task Invoke_WithoutAStoreForActors_SaysWhatIsMissing()
    {
        await using var sidecar = await ActorSidecar.StartAsync(setup: new SidecarSetup());

        Assert.Equal(
            """500 {"errorCode":"ERR_ACTOR_RUNTIME_NOT_FOUND","message":"the state store is not configured to use the actor runtime. Have you set the - name: actorStateStore value: \"true\" in your state store component file?"}""",
            await sidecar.SendAsync("POST", "cat/tom/method/m"));
    }

    [Fact]
    public async Task Invoke_ManyAtOnce_IsOneTurnPerActorAtATime()
    {
        await using var sidecar = await ActorSidecar.StartAsync();
        var (running, most, together) = (0, 0, new TaskCompletionSource());
        sidecar.App.Hold = async request =>
        {
            if (!request.Target.Contains("/method/", StringComparison.Ordinal))
            {
                return;
            }

            if (request.Target.Contains("/kitty/", StringComparison.Ordinal))
            {
                // Another actor's turn: that it is in hand while tom's is, shows that actors do not wait for each other.
                together.TrySetResult();
                return;
            }

            most = Math.Max(most, Interlocked.Increment(ref running));
            await together.Task;
            Interlocked.Decrement(ref running);
        };

        var tom = Enumerable.Range(0, 8).Select(_ => sidecar.SendAsync("POST", "cat/tom/method/m")).ToList();
        await sidecar.CallsAsync(1, call => call.Target.Contains("/tom/", StringComparison.Ordinal));
        var kitty = await sidecar.SendAsync("POST", "cat/kitty/method/m");

        Assert.Equal("200", kitty);
        Assert.All(await Task.WhenAll(tom), answer => Assert.Equal("200", answer));
        Assert.Equal((1, 9), (most, sidecar.Calls.Count));
    }

    [Fact]
    public async Task Invoke_OfTheSameChain_EntersAtOnceUpToTheStackDepth()
    {
        const string Configuration = """{"entities":["cat"],"reentrancy":{"enabled":true,"maxStackDepth":3}}""";
        await using var sidecar = await ActorSidecar.StartAsync(Configuration);
        var answers = new List<string>();
        sidecar.App.Hold = async request =>
        {
            if (request.Target.EndsWith("/method/again", StringComparison.Ordinal))
            {
                answers.Add(await sidecar.SendAsync("POST", "cat/tom/method/again", null, ("Dapr-Reentrancy-Id", request.Headers["Dapr-Reentrancy-Id"])));
            }
        };

        var answer = await sidecar.SendAsync("POST", "cat/tom/method/again");

        Assert.Equal("200", answer);
        Assert.Equal(["""500 {"errorCode":"ERR_ACTOR_STACK_DEPTH","message":"maximum stack depth exceeded"}""", "200", "200"], answers);
        Assert.Single(sidecar.Calls.Select(call => call.Headers["Dapr-Reentrancy-Id"]).Distinct());
        Assert.True(Guid.TryParse(sidecar.Calls[0].Headers["Dapr-Reentrancy-Id"], out _));
    }

    [Fact]
    public async Task Invoke_UnderAPolicy_IsRetriedAndTimedOut()
    {
        const string Policy = """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: { name: r }
            spec:
              policies:
                timeouts: { short: 1s }
                retries: { two: { policy: constant, duration: 1s, maxRetries: 2 } }
              targets:
                actors:
                  cat: { timeout: short, retry: two }
            """;
        await using var sidecar = await ActorSidecar.StartAsync(
            answer: _ => new AppAnswer(500, "no"), setup: new SidecarSetup { Resources = [ActorSidecar.Store, Policy] });

        var failed = await sidecar.WhileTimePassesAsync(sidecar.SendAsync("POST", "cat/tom/method/m"));
        var retried = sidecar.Calls.Count;
        sidecar.App.Hold = request => request.Target.EndsWith("/slow", StringComparison.Ordinal) ? new TaskCompletionSource().Task : Task.CompletedTask;
        var late = await sidecar.WhileTimePassesAsync(sidecar.SendAsync("POST", "cat/tom/method/slow"));

        Assert.Equal("""500 {"errorCode":"ERR_ACTOR_INVOKE_METHOD","message":"error invoke actor method: error from actor service: (500) no"}""", failed);
        Assert.Equal(3, retried);
        Assert.Equal("""500 {"errorCode":"ERR_ACTOR_INVOKE_METHOD","message":"error invoke actor method: context deadline exceeded"}""", late);
    }

    [Fact]
    public async Task Metadata_AfterTwoActorsWereCalled_CountsThem()
    {
        await using var sidecar = await ActorSidecar.StartAsync("""{"entities":["dog","cat"]}""");
        await sidecar.SendAsync("POST", "cat/tom/method/m");
        await sidecar.SendAsync("POST", "cat/kitty/method/m");

        using var metadata = JsonDocument.Parse(await sidecar.Http.GetStringAsync(new Uri("/v1.0/metadata", UriKind.Relative)));

        const string Counts = """[{"type":"cat","count":2},{"type":"dog","count":0}]""";
        Assert.Equal(Counts, metadata.RootElement.GetProperty("actors").GetRawText());
        Assert.Equal(
            $$"""{"runtimeStatus":"RUNNING","activeActors":{{Counts}},"hostReady":true,"placement":"placement: connected"}""",
            metadata.RootElement.GetProperty("actorRuntime").GetRawText());
    }
}
