using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.Jobs;

public sealed class JobWireTests : IAsyncLifetime
{
    private const string Failure = """{"errorCode":"REASON","message":"MESSAGE","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"REASON","domain":"dapr.io","metadata":{"appID":"app","namespace":"default"}}]}""";

    private readonly SharedClients _clients = new();
    private readonly ManualClock _clock = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("sidecar-jobs-").FullName;
    private FakeApp _app = null!;

    public async Task InitializeAsync() => _app = await FakeApp.StartAsync(Answer(200));

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _clients.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Job_WithRepeats_RunsThatOftenWithItsDataAndIsGone()
    {
        await using var sidecar = await StartAsync();

        var scheduled = await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/backup", """{"schedule":"@every 10s","repeats":3,"data":{"n": 1.0}}""");
        var shown = await sidecar.Http.SendTextAsync("GET", "/v1.0/jobs/backup");
        await RunsAsync(3);
        var gone = await Eventually.Get(() => sidecar.Http.SendTextAsync("GET", "/v1.0/jobs/backup"), answer => answer.StartsWith("500", StringComparison.Ordinal));
        _clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal("204", scheduled);
        Assert.Equal(
            """200 {"name":"backup","schedule":"@every 10s","repeats":3,"data":{"@type":"type.googleapis.com/google.protobuf.Value","value":{"n": 1.0}}}""", shown);
        Assert.StartsWith("""500 {"errorCode":"DAPR_SCHEDULER_GET_JOB","message":"failed to get job due to: rpc error: code = NotFound desc = job not found: backup""", gone, StringComparison.Ordinal);
        Assert.All(Runs, run => Assert.Equal(
            ("POST", "/job/backup", """{"n": 1.0}""", "application/json"), (run.Method, run.Target, run.Text, run.Headers["Content-Type"])));
        Assert.Equal(3, Runs.Count);
    }

    [Fact]
    public async Task Job_WithADueTimeAlone_RunsOnce()
    {
        await using var sidecar = await StartAsync();

        Assert.Equal("204", await sidecar.Http.SendTextAsync("POST", "/v1.0-alpha1/jobs/once", """{"dueTime":"5s"}"""));
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Empty(Runs);
        await RunsAsync(1);

        // Written down too: a write that is in hand would run into its limit, and no time passes any more in which it is repeated.
        await GoneAsync(sidecar, "once");
        _clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal("", Assert.Single(Runs).Text);
    }

    [Fact]
    public async Task Job_ThatIsDeleted_RunsNoMore()
    {
        await using var sidecar = await StartAsync();
        await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"schedule":"@every 10s"}""");
        await RunsAsync(1);

        Assert.Equal("204", await sidecar.Http.SendTextAsync("DELETE", "/v1.0/jobs/a"));
        Assert.Equal("204", await sidecar.Http.SendTextAsync("DELETE", "/v1.0-alpha1/jobs/never"));
        await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/b", """{"dueTime":"30s"}""");
        await RunsAsync(2);

        Assert.Equal(["/job/a", "/job/b"], Runs.Select(run => run.Target));
    }

    [Fact]
    public async Task Job_ThatStands_IsReplacedOnlyWithOverwrite()
    {
        await using var sidecar = await StartAsync();
        await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"dueTime":"10s","data":"old"}""");

        var refused = await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"dueTime":"10s","data":"new"}""");
        var replaced = await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"dueTime":"20s","data":"newer","overwrite":true}""");
        await RunsAsync(1);

        Assert.Equal(Error(409, "DAPR_SCHEDULER_SCHEDULE_JOB", "failed to schedule job due to: rpc error: code = AlreadyExists desc = job already exists: 'a'"), refused);
        Assert.Equal("204", replaced);
        Assert.Equal("\"newer\"", Assert.Single(Runs).Text);
    }

    [Theory]
    // the policy, the calls for one run
    [InlineData(null, 4)]
    [InlineData("""{"drop":{}}""", 1)]
    [InlineData("""{"constant":{"interval":"5s","maxRetries":2}}""", 3)]
    public async Task Job_ThatFails_IsTriedAsItsPolicySays(string? policy, int calls)
    {
        _app.Answer = Answer(500);
        await using var sidecar = await StartAsync();

        await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/a", $$"""{"dueTime":"1s","failurePolicy":{{policy ?? "null"}}}""");
        await RunsAsync(calls);
        await GoneAsync(sidecar, "a");

        Assert.Equal(calls, Runs.Count);
    }

    [Fact]
    public async Task Job_WithoutARouteInTheApp_IsNotTriedAgain()
    {
        _app.Answer = Answer(404);
        await using var sidecar = await StartAsync();

        await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"dueTime":"1s"}""");
        await RunsAsync(1);
        await GoneAsync(sidecar, "a");

        Assert.Single(Runs);
    }

    [Fact]
    public async Task Job_BeyondItsTtl_IsGone()
    {
        await using var sidecar = await StartAsync();
        await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"schedule":"@every 10s","ttl":"25s"}""");

        await RunsAsync(2);
        await GoneAsync(sidecar, "a");
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(2, Runs.Count);
    }

    [Fact]
    public async Task Job_OfASidecarThatEnded_RunsOnceAtTheNext()
    {
        await using (var first = await StartAsync())
        {
            await first.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"schedule":"@every 10s","repeats":2}""");
        }

        // Six runs went by while nobody ran.
        _clock.Advance(TimeSpan.FromMinutes(1));
        await using var second = await StartAsync();
        await RunsAsync(2);
        await GoneAsync(second, "a");

        Assert.Equal(2, Runs.Count);
    }

    [Fact]
    public async Task Job_OfTwoSidecars_IsRunByOneOfThemAtATime()
    {
        await using var first = await StartAsync();
        await using var second = await StartAsync();

        await first.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"schedule":"@every 10s","repeats":5}""");
        await RunsAsync(5);
        await GoneAsync(second, "a");

        Assert.Equal(5, Runs.Count);
    }

    [Theory]
    [InlineData("""{"schedule":"@every 1s","name":"b"}""", 400, "DAPR_SCHEDULER_JOB_NAME", "Set the job name in the url only")]
    [InlineData("{}", 400, "DAPR_SCHEDULER_SCHEDULE_EMPTY", "Schedule is empty")]
    [InlineData("""{"schedule":"often"}""", 400, "DAPR_SCHEDULER_SCHEDULE_JOB", "failed to schedule job due to: rpc error: code = InvalidArgument desc = 'often' has 1 fields instead of 6, seconds first")]
    [InlineData("""{"dueTime":"soon"}""", 400, "DAPR_SCHEDULER_SCHEDULE_JOB", "failed to schedule job due to: rpc error: code = InvalidArgument desc = dueTime 'soon' is no time such as 2026-01-02T03:04:05Z, 10s or PT10S")]
    public async Task Request_ThatIsWrong_IsRefusedInDaprsShape(string body, int status, string reason, string message)
    {
        await using var sidecar = await StartAsync();

        Assert.Equal(Error(status, reason, message), await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/a", body));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"schedule":5}""")]
    [InlineData("""{"schedule":"@every 1s","repeats":-1}""")]
    [InlineData("""{"schedule":"@every 1s","overwrite":"yes"}""")]
    [InlineData("""{"schedule":"@every 1s","failurePolicy":{"again":{}}}""")]
    [InlineData("""{"schedule":"@every 1s","data":{""")]
    [InlineData("""{"schedule":"@every 1s","data":1e999}""")]
    public async Task Body_ThatIsMalformed_Is400(string body)
    {
        await using var sidecar = await StartAsync();

        var answer = await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/a", body);

        Assert.StartsWith("""400 {"errorCode":"ERR_MALFORMED_REQUEST""", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sidecar_WithoutAnActorStore_SaysSo()
    {
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup { App = _app });

        var answer = await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"dueTime":"1s"}""");

        Assert.StartsWith("""500 {"errorCode":"DAPR_SCHEDULER_SCHEDULE_JOB","message":"failed to schedule job due to: """, answer, StringComparison.Ordinal);
        Assert.Contains("state store", answer, StringComparison.Ordinal);
    }

    private static string Error(int status, string reason, string message) =>
        $"{status} {Failure.Replace("REASON", reason, StringComparison.Ordinal).Replace("MESSAGE", message, StringComparison.Ordinal)}";

    private static Func<AppRequest, AppAnswer> Answer(int status) =>
        request => new AppAnswer(request.Target.StartsWith("/job/", StringComparison.Ordinal) ? status : 404);

    private IReadOnlyList<AppRequest> Runs => [.. _app.Requests.Where(request => request.Target.StartsWith("/job/", StringComparison.Ordinal))];

    private Task RunsAsync(int count) => PassTimeUntilAsync(() => Task.FromResult(Runs.Count >= count));

    private Task GoneAsync(RunningSidecar sidecar, string job) => PassTimeUntilAsync(
        async () => (await sidecar.Http.SendTextAsync("GET", $"/v1.0/jobs/{job}")).StartsWith("500", StringComparison.Ordinal));

    private Task PassTimeUntilAsync(Func<Task<bool>> condition) => Eventually.Get(
        async () =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(250));
            return await condition();
        },
        done => done);

    private Task<RunningSidecar> StartAsync() => RunningSidecar.StartAsync(new SidecarSetup
    {
        App = _app,
        Resources = [Yaml.Component("store", "state.sqlite", ("connectionString", Path.Combine(_folder, "state.db")), ("actorStateStore", "true"))],
        Process = new SidecarProcess(_clients, new SidecarDirectory(), _clock),
    });
}
