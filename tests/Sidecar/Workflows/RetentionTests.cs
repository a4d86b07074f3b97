using DaprShop.TestKit;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Components.State.InMemory;
using Sidecar.Configuration;
using Sidecar.Grpc.DurableTask;
using Sidecar.Workflows;
using static DaprShop.Tests.Workflows.Actions;

namespace DaprShop.Tests.Workflows;

/// <summary>What ended is purged when its retention is over (spec.workflow.stateRetentionPolicy).</summary>
public sealed class RetentionTests
{
    private const string Keys = "shop||dapr.internal.default.shop.";

    private static readonly WorkflowLimits AnHour = new() { Retention = new RetentionPolicy(TimeSpan.FromHours(1), null, null, null) };

    private readonly ManualClock _clock = new();
    private readonly InMemoryStateStore _store = new(TimeProvider.System);

    [Theory]
    [InlineData(nameof(OrchestrationStatus.Completed), 1)]
    [InlineData(nameof(OrchestrationStatus.Failed), 2)]
    [InlineData(nameof(OrchestrationStatus.Terminated), 3)]
    [InlineData(nameof(OrchestrationStatus.Canceled), 4)]
    public void PurgeAt_EachEnd_HasItsOwnTimeOrThatOfAll(string status, int hours)
    {
        var end = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var finished = new InstanceDocument { Status = System.Enum.Parse<OrchestrationStatus>(status), Completed = end.ToTimestamp() };
        var policy = new RetentionPolicy(TimeSpan.FromHours(4), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(3));

        Assert.Equal(end.AddHours(hours), policy.PurgeAt(finished));
        Assert.Equal(end.AddHours(4), new RetentionPolicy(TimeSpan.FromHours(4), null, null, null).PurgeAt(finished));
        Assert.Null(RetentionPolicy.Forever.PurgeAt(finished));
        Assert.Null(new RetentionPolicy(TimeSpan.MaxValue, null, null, null).PurgeAt(finished));
    }

    [Fact]
    public async Task Instance_ThatEnded_IsPurgedWithItsChildOnceItsTimeIsOver()
    {
        await using var engine = new TestEngine(_store, _clock, AnHour);
        engine.StartWorker(history => history.Name == "saga"
            ? history.Child(0) is { } result ? [Complete(1, result)] : [Child(0, "child", childId: "c")]
            : [Complete(0, "done")]);
        await engine.StartInstanceAsync("p");
        await engine.FinishedAsync("p");
        await engine.FinishedAsync("c");

        _clock.Advance(TimeSpan.FromMinutes(59));
        Assert.NotNull(await engine.Engine.GetAsync("p", default));
        Assert.NotNull(await engine.Engine.GetAsync("c", default));

        await TimeGoesOnUntilNothingIsLeftAsync();
        Assert.Null(await engine.Engine.GetAsync("p", default));
        Assert.Null(await engine.Engine.GetAsync("c", default));
    }

    [Fact]
    public async Task Instance_WhoseSidecarStopsMeanwhile_IsPurgedByTheNextOne()
    {
        await using (var first = new TestEngine(_store, _clock, AnHour))
        {
            first.StartWorker(_ => [Complete(0, "done")]);
            await first.StartInstanceAsync("o1");
            await first.FinishedAsync("o1");
        }

        // The policy of when it ended counts, as with the reminder that daprd makes then.
        await using var second = new TestEngine(_store, _clock);
        second.Engine.Start();

        await TimeGoesOnUntilNothingIsLeftAsync();
        Assert.Null(await second.Engine.GetAsync("o1", default));
    }

    [Fact]
    public async Task Instance_StartedAnewBeforeItsTime_IsNotPurgedWhileItRuns()
    {
        await using var engine = new TestEngine(_store, _clock, AnHour);
        engine.StartWorker(history => history.Input == "first" ? [Complete(0, "done")] : history.Raised("go").Any() ? [Complete(0, "again")] : []);
        await engine.StartInstanceAsync("o1", "first");
        await engine.FinishedAsync("o1");
        _clock.Advance(TimeSpan.FromMinutes(30));
        await engine.StartInstanceAsync("o1", "second");
        await engine.Engine.WaitForStartAsync("o1", null, default);

        _clock.Advance(TimeSpan.FromHours(2));
        await engine.Engine.RaiseEventAsync("o1", "go", null, default);
        Assert.Equal("again", (await engine.FinishedAsync("o1")).Output);

        await TimeGoesOnUntilNothingIsLeftAsync();
    }

    [Fact]
    public void Configuration_WithAPolicy_IsReadMemberByMember()
    {
        var errors = new List<ConfigurationError>();
        var first = Read("{ anyTerminal: 24h, failed: 168h }", new ConfigurationSpec(), errors);
        var second = Read("{ failed: 1h30m, completed: 0s }", first, errors);
        Assert.Empty(errors);
        Assert.Equal(new RetentionPolicy(TimeSpan.FromHours(24), TimeSpan.Zero, TimeSpan.FromMinutes(90), null), second.WorkflowRetention);

        Read("{ terminated: soon }", second, errors);
        Assert.Equal(
            "c.yaml:1: spec.workflow.stateRetentionPolicy.terminated: must be a duration such as 500ms, 5s or 1h30m, not 'soon'",
            Assert.Single(errors).ToString());
    }

    private static ConfigurationSpec Read(string policy, ConfigurationSpec earlier, List<ConfigurationError> errors) =>
        ConfigurationReader.Read(
            Assert.Single(YamlDocuments.Read("c.yaml", $"{{ spec: {{ workflow: {{ stateRetentionPolicy: {policy} }} }} }}", errors, [])), earlier);

    // The purge and its timer are the engine's own work: time goes on until it has done both.
    private async Task TimeGoesOnUntilNothingIsLeftAsync() =>
        await Eventually.Get(
            async () =>
            {
                _clock.Advance(TimeSpan.FromMinutes(1));
                var keys = new List<string>();
                await foreach (var key in _store.ListKeysAsync(Keys, default))
                {
                    keys.Add(key);
                }

                return string.Join(", ", keys);
            },
            keys => keys.Length == 0);
}
