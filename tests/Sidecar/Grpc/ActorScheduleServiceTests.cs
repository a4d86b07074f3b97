using System.Globalization;
using DaprShop.TestKit;
using DaprShop.Tests.Actors;
using DaprShop.Tests.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DaprApi;

namespace DaprShop.Tests.Grpc;

/// <summary>Reminders and timers over gRPC.</summary>
public sealed class ActorScheduleServiceTests : IAsyncLifetime
{
    private int _status = 200;
    private ActorSidecar _sidecar = null!;
    private RawGrpcClient _client = null!;

    public async Task InitializeAsync()
    {
        _sidecar = await ActorSidecar.StartAsync(answer: _ => new AppAnswer(_status));
        _client = new RawGrpcClient(new Uri($"http://127.0.0.1:{_sidecar.Running.Host.Options.GrpcPort}"));
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Reminder_OfBytes_ReachesTheAppAsBase64AndIsShownAsKept()
    {
        Assert.Equal("0", await EndAsync(Reminder("feed", "5s", "R3/PT10S", "fish")));

        var shown = await ShownAsync("feed");
        _sidecar.Clock.Advance(TimeSpan.FromSeconds(5));
        var tick = Assert.Single(await _sidecar.CallsAsync(1, IsTick));

        Assert.Equal(("cat", "tom", "5s", "@every 10s", false), (shown.ActorType, shown.ActorId, shown.DueTime, shown.Period, shown.HasTtl));
        Assert.Equal("\"ZmlzaA==\"", shown.Data.Unpack<BytesValue>().Value.ToStringUtf8());
        Assert.Equal("""{"data":"ZmlzaA==","dueTime":"5s","period":"R3/PT10S"}""", tick.Text);
    }

    [Fact]
    public async Task Reminder_ThatStands_IsReplacedUnlessToldNotTo()
    {
        var kept = Reminder("feed", "1h", data: "new");
        kept.Overwrite = false;
        await EndAsync(Reminder("feed", "2h", data: "old"));

        Assert.Equal("6 actor reminder already exists: feed", await EndAsync(kept));
        Assert.Equal("2h", (await ShownAsync("feed")).DueTime);
        Assert.Equal("0", await EndAsync(Reminder("feed", "3h")));
        Assert.Equal("3h", (await ShownAsync("feed")).DueTime);
    }

    [Fact]
    public async Task Reminder_Unregistered_IsNotFoundAndNeverFires()
    {
        await EndAsync(Reminder("feed", "5s"));
        await EndAsync(Reminder("other", "6s"));

        Assert.Equal("0", await EndAsync(new UnregisterActorReminderRequest { ActorType = "cat", ActorId = "tom", Name = "feed" }));
        Assert.Equal("0", await EndAsync(new UnregisterActorReminderRequest { ActorType = "cat", ActorId = "tom", Name = "feed" }));
        Assert.Equal("5 actor reminder not found: feed", await EndAsync(new GetActorReminderRequest { ActorType = "cat", ActorId = "tom", Name = "feed" }));
        _sidecar.Clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal("/actors/cat/tom/method/remind/other", Assert.Single(await _sidecar.CallsAsync(1, IsTick)).Target);
    }

    [Fact]
    public async Task Reminders_OfATypeOrAnActor_AreListedAndUnregisteredTogether()
    {
        await EndAsync(Reminder("a", "1h", id: "tom"));
        await EndAsync(Reminder("b", "1h", id: "tom"));
        await EndAsync(Reminder("c", "1h", id: "tom||cat"));

        Assert.Equal(["tom a", "tom b", "tom||cat c"], await ListAsync(new ListActorRemindersRequest { ActorType = "cat" }));
        Assert.Equal(["tom a", "tom b"], await ListAsync(new ListActorRemindersRequest { ActorType = "cat", ActorId = "tom" }));
        Assert.Equal("0", await EndAsync(new UnregisterActorRemindersByTypeRequest { ActorType = "cat", ActorId = "tom" }));
        Assert.Equal(["tom||cat c"], await ListAsync(new ListActorRemindersRequest { ActorType = "cat" }));
        Assert.Equal("0", await EndAsync(new UnregisterActorRemindersByTypeRequest { ActorType = "cat" }));
        Assert.Empty(await ListAsync(new ListActorRemindersRequest { ActorType = "cat" }));

        _sidecar.Clock.Advance(TimeSpan.FromHours(2));
        await EndAsync(Reminder("sentinel", "0s"));
        Assert.Equal("/actors/cat/tom/method/remind/sentinel", Assert.Single(await _sidecar.CallsAsync(1, IsTick)).Target);
    }

    [Fact]
    public async Task FailurePolicy_Drop_TriesOnce()
    {
        _status = 500;
        var reminder = Reminder("feed", "0s");
        reminder.FailurePolicy = new JobFailurePolicy { Drop = new JobFailurePolicyDrop() };
        await EndAsync(reminder);

        await GoneAsync("feed");

        Assert.Single(_sidecar.Calls);
    }

    [Fact]
    public async Task FailurePolicy_Constant_TriesThatOftenAtThatPace()
    {
        _status = 500;
        var reminder = Reminder("feed", "0s");
        reminder.FailurePolicy = new JobFailurePolicy { Constant = new JobFailurePolicyConstant { Interval = Duration.FromTimeSpan(TimeSpan.FromMinutes(1)), MaxRetries = 2 } };
        await EndAsync(reminder);

        await _sidecar.CallsAsync(1, IsTick);
        var began = _sidecar.Clock.GetUtcNow();
        await Eventually.True(() =>
        {
            _sidecar.Clock.Advance(TimeSpan.FromSeconds(10));
            return _sidecar.Calls.Count == 3;
        });
        await GoneAsync("feed");

        Assert.True(_sidecar.Clock.GetUtcNow() - began >= TimeSpan.FromMinutes(2), "it was tried again too soon");
        Assert.Equal(3, _sidecar.Calls.Count);
    }

    [Fact]
    public async Task FailurePolicy_WithoutALimit_TriesUntilItSucceeds()
    {
        _status = 500;
        var reminder = Reminder("feed", "0s");
        reminder.FailurePolicy = new JobFailurePolicy { Constant = new JobFailurePolicyConstant() };
        await EndAsync(reminder);

        await _sidecar.CallsAsync(20, IsTick);
        _status = 200;

        await GoneAsync("feed");
    }

    [Fact]
    public async Task Timer_FiresItsCallbackUntilUnregistered()
    {
        await _client.CallAsync(GrpcSidecar.PathOf("InvokeActor"), new InvokeActorRequest { ActorType = "cat", ActorId = "tom", Method = "wake" }, InvokeActorResponse.Parser);

        Assert.Equal("0", await EndAsync(new RegisterActorTimerRequest
        {
            ActorType = "cat",
            ActorId = "tom",
            Name = "purr",
            DueTime = "5s",
            Period = "5s",
            Callback = "OnPurr",
            Data = ByteString.CopyFromUtf8("x"),
        }));
        _sidecar.Clock.Advance(TimeSpan.FromSeconds(5));
        var tick = Assert.Single(await _sidecar.CallsAsync(1, IsTick));
        Assert.Equal("0", await EndAsync(new UnregisterActorTimerRequest { ActorType = "cat", ActorId = "tom", Name = "purr" }));
        _sidecar.Clock.Advance(TimeSpan.FromMinutes(1));
        await EndAsync(Reminder("sentinel", "0s"));
        await _sidecar.CallsAsync(2, IsTick);

        Assert.Equal(
            ("/actors/cat/tom/method/timer/purr", """{"data":"eA==","callback":"OnPurr","dueTime":"5s","period":"5s"}"""), (tick.Target, tick.Text));
        Assert.DoesNotContain(_sidecar.Calls.Skip(2), call => call.Target.Contains("timer", StringComparison.Ordinal));
    }

    public static TheoryData<string, IMessage> Refused() => new()
    {
        { "13 error creating actor reminder: error parsing reminder due time: unsupported time/duration format: soon", Reminder("r", "soon") },
        { "13 error creating actor reminder: unsupported period format: P1D", Reminder("r", "", "P1D") },
        { "3 invalid request: reminder name cannot be empty", Reminder("", "1s") },
        { "3 invalid request: name contains forbidden character: \"a/b\"", Reminder("a/b", "1s") },
        { "7 operations on actor reminders are only possible on hosted actor types", Reminder("r", "1s", type: "dog") },
        { "7 operations on actor reminders are only possible on hosted actor types", new ListActorRemindersRequest { ActorType = "dog" } },
        { "7 operations on actor reminders are only possible on hosted actor types", new UnregisterActorRemindersByTypeRequest { ActorType = "dog" } },
        { "13 error creating actor timer: can't create timer for actor dog||rex: actor type not registered", new RegisterActorTimerRequest { ActorType = "dog", ActorId = "rex", Name = "t" } },
        { "13 error creating actor timer: error parsing timer due time: unsupported time/duration format: soon", new RegisterActorTimerRequest { ActorType = "cat", ActorId = "tom", Name = "t", DueTime = "soon" } },
        { "3 invalid request: name contains forbidden character: \"a?b\"", new RegisterActorTimerRequest { ActorType = "cat", ActorId = "tom", Name = "a?b" } },
        { "3 failure_policy.constant.interval must be from 0 s to 40 days", WithInterval(new Duration { Seconds = -1 }) },
        { "3 failure_policy.constant.interval must be from 0 s to 40 days", WithInterval(new Duration { Seconds = 315_000_000_000 }) },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Request_ThatCannotBe_EndsWithDaprsStatus(string expected, IMessage request) => Assert.Equal(expected, await EndAsync(request));

    private static bool IsTick(AppRequest call) =>
        call.Target.Contains("/remind/", StringComparison.Ordinal) || call.Target.Contains("/timer/", StringComparison.Ordinal);

    private static RegisterActorReminderRequest WithInterval(Duration interval)
    {
        var reminder = Reminder("r", "1s");
        reminder.FailurePolicy = new JobFailurePolicy { Constant = new JobFailurePolicyConstant { Interval = interval } };
        return reminder;
    }

    private static RegisterActorReminderRequest Reminder(
        string name, string dueTime, string period = "", string data = "", string type = "cat", string id = "tom") => new()
        {
            ActorType = type,
            ActorId = id,
            Name = name,
            DueTime = dueTime,
            Period = period,
            Data = ByteString.CopyFromUtf8(data),
        };

    private Task<GetActorReminderResponse> ShownAsync(string name) => _client.CallAsync(
        GrpcSidecar.PathOf("GetActorReminder"), new GetActorReminderRequest { ActorType = "cat", ActorId = "tom", Name = name }, GetActorReminderResponse.Parser);

    private Task GoneAsync(string name) => Eventually.Get(
        () =>
        {
            _sidecar.Clock.Advance(TimeSpan.Zero);
            return EndAsync(new GetActorReminderRequest { ActorType = "cat", ActorId = "tom", Name = name });
        },
        end => end.StartsWith("5 ", StringComparison.Ordinal));

    private async Task<IReadOnlyList<string>> ListAsync(ListActorRemindersRequest request)
    {
        var reply = await _client.CallAsync(GrpcSidecar.PathOf("ListActorReminders"), request, ListActorRemindersResponse.Parser);
        return [.. reply.Reminders.Select(named => $"{named.Reminder.ActorId} {named.Name}").Order(StringComparer.Ordinal)];
    }

    private async Task<string> EndAsync(IMessage request)
    {
        var reply = await _client.CallAsync(GrpcSidecar.PathOf(request.Descriptor.Name[..^"Request".Length]), request, default);
        return string.Create(CultureInfo.InvariantCulture, $"{reply.Status} {Uri.UnescapeDataString(reply.Message)}").TrimEnd();
    }
}
