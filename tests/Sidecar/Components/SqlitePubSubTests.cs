using System.Collections.Concurrent;
using System.Text;
using DaprShop.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Clients.Sqlite;
using Sidecar.Components;
using Sidecar.Components.PubSub;
using Sidecar.Components.PubSub.Sqlite;

namespace DaprShop.Tests.Components;

/// <summary>What ends a lease, who is woken, what is kept, and that an idle consumer costs nothing.</summary>
public sealed class SqlitePubSubTests : IAsyncLifetime
{
    private static readonly GroupKey Group = new("topic", "app");
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    private readonly ComponentFixture _fixture = new() { UseManualClock = true };
    private readonly ConcurrentQueue<string> _received = new();
    private readonly SharedClients _shared = new();
    private IPubSub _broker = null!;
    private SqliteDatabase _database = null!;
    private MessageLog _log = null!;

    public async Task InitializeAsync()
    {
        _broker = await _fixture.StartAsync<IPubSub>("pubsub.sqlite", "app", ("connectionString", "pubsub.db"), ("retention", "10m"));
        // Another process on the same file.
        var options = new SqliteOptions(
            Path.Combine(_fixture.Directory, "pubsub.db"), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(2), true, SqliteSync.Full);
        _database = SqliteDatabase.Open(
            options, new ComponentContext("app", _fixture.Directory, [], _fixture.ManualClock, NullLoggerFactory.Instance, _shared));
        _log = new MessageLog(_database, _fixture.ManualClock);
    }

    public async Task DisposeAsync()
    {
        await _fixture.StopAsync();
        await _shared.DisposeAsync();
        await _fixture.DeleteAsync();
    }

    [Fact]
    public async Task Lease_OfAConsumerThatWentSilent_RunsOutAndTheMessageComesAgain()
    {
        await _log.JoinAsync(Group, default);
        await PublishAsync("abandoned");
        // The holder's process lives (it is this one), so only the lease can end its claim.
        Assert.Single(await _log.ClaimAsync(Group, ConsumerIdentity.Next(), 10, false, Lease, default));
        await using var subscription = await SubscribeAsync();

        _fixture.ManualClock.Advance(Lease - TimeSpan.FromSeconds(1));
        await PublishAsync("meanwhile");
        await Eventually.True(() => _received.Contains("meanwhile"));
        Assert.DoesNotContain("abandoned", _received);

        // The regular look comes every 15 s.
        _fixture.ManualClock.Advance(TimeSpan.FromSeconds(16));
        await Eventually.True(() => _received.Contains("abandoned"));
    }

    [Fact]
    public async Task Lease_OfALongHandler_IsRenewedAndNobodyElseGetsTheMessage()
    {
        var gate = new TaskCompletionSource();
        await using var slow = await SubscribeAsync(then: gate.Task);
        await PublishAsync("slow");
        await Eventually.True(() => _received.Contains("slow"));
        await using var other = await SubscribeAsync();

        // Six renewals, so two whole leases.
        for (var step = 0; step < 6; step++)
        {
            var due = await DueAsync();
            _fixture.ManualClock.Advance(Lease / 3);
            await Eventually.Get(DueAsync, renewed => renewed > due);
        }

        Assert.Equal(["slow"], _received);
        gate.SetResult();
        await Eventually.Get(() => CountAsync("pubsub_deliveries"), count => count == 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lease_OfAProcessThatDied_IsTakenOverAtOnce(bool idWasGivenAway)
    {
        await _log.JoinAsync(Group, default);
        await PublishAsync("in hand at the crash");
        // Given away: the number is that of a living process, which started at another time.
        var id = idWasGivenAway ? Environment.ProcessId : int.MaxValue;
        var consumer = $"{Environment.MachineName}/{id}/0/1";
        await _log.ClaimAsync(Group, consumer, 10, false, Lease, default);

        await using var subscription = await SubscribeAsync();

        await Eventually.True(() => _received.Contains("in hand at the crash"));
    }

    [Fact]
    public void Identity_OfThisProcessOrAnotherMachine_IsNotGone()
    {
        Assert.False(ConsumerIdentity.IsGone(ConsumerIdentity.Next()));
        Assert.False(ConsumerIdentity.IsGone($"elsewhere/{int.MaxValue}/0/1"));
        Assert.False(ConsumerIdentity.IsGone("no identity"));
    }

    [Fact]
    public async Task Publish_ByAnotherProcess_IsFoundByThePoll()
    {
        await using var subscription = await SubscribeAsync();
        await _log.PublishAsync(Message("topic", "from elsewhere"), default);

        await Eventually.Get(
            () =>
            {
                _fixture.ManualClock.Advance(TimeSpan.FromMilliseconds(250));
                return _received.Count;
            },
            count => count == 1);
    }

    [Fact]
    public async Task Idle_SubscriptionsForTenMinutes_WriteNothing()
    {
        await using var one = await SubscribeAsync();
        await using var two = await SubscribeAsync("topic2");
        await PublishAsync("first");
        await Eventually.True(() => _received.Contains("first"));
        await Eventually.Get(() => CountAsync("pubsub_deliveries"), count => count == 0);
        using var observer = SqliteSession.Open(Options(), readOnly: true);
        var before = observer.QueryNumber("PRAGMA data_version");

        for (var step = 0; step < 9 * 60; step++)
        {
            _fixture.ManualClock.Advance(TimeSpan.FromSeconds(1));
        }

        // A second observer is no write; a read by every loop has certainly happened once the poll found a new message.
        var idle = observer.QueryNumber("PRAGMA data_version");
        await PublishAsync("second");
        await Eventually.True(() => _received.Contains("second"));
        Assert.Equal(before, idle);
    }

    [Fact]
    public async Task Retention_ConsumedByAllGroups_DeletesAfterwardsOnly()
    {
        await PublishAsync("nobody's", "unread");
        await PublishAsync("done");
        await using var subscription = await SubscribeAsync();
        await Eventually.Get(() => CountAsync("pubsub_deliveries"), count => count == 0 && _received.Count == 1);

        _fixture.ManualClock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(0, await _log.SweepAsync("topic", TimeSpan.FromMinutes(10), default));
        _fixture.ManualClock.Advance(TimeSpan.FromMinutes(2));

        await Eventually.Get(
            async () =>
            {
                _fixture.ManualClock.Advance(TimeSpan.FromSeconds(15));
                return await CountAsync("pubsub_messages");
            },
            count => count == 1);
        Assert.Equal(0, await _log.SweepAsync("unread", TimeSpan.FromMinutes(10), default));
        Assert.Equal(1, await CountAsync("pubsub_messages"));
    }

    [Fact]
    public async Task Retention_OneGroupStillNeedsTheMessage_KeepsIt()
    {
        await _log.JoinAsync(Group, default);
        await _log.JoinAsync(new GroupKey("topic", "away"), default);
        await PublishAsync("half done");
        var delivery = Assert.Single(await _log.ClaimAsync(Group, "c", 10, false, Lease, default));
        await _log.AcknowledgeAsync(Group, delivery.Sequence);
        _fixture.ManualClock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(0, await _log.SweepAsync("topic", TimeSpan.FromMinutes(10), default));
        var second = Assert.Single(await _log.ClaimAsync(new GroupKey("topic", "away"), "c", 10, false, Lease, default));
        Assert.Equal(0, await _log.SweepAsync("topic", TimeSpan.FromMinutes(10), default));
        await _log.AcknowledgeAsync(new GroupKey("topic", "away"), second.Sequence);
        Assert.Equal(1, await _log.SweepAsync("topic", TimeSpan.FromMinutes(10), default));
    }

    [Fact]
    public async Task Claim_AfterTheNewestMessageWasSwept_DoesNotSkipTheNext()
    {
        await _log.JoinAsync(Group, default);
        await PublishAsync("swept");
        var delivery = Assert.Single(await _log.ClaimAsync(Group, "c", 10, false, Lease, default));
        await _log.AcknowledgeAsync(Group, delivery.Sequence);
        _fixture.ManualClock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, await _log.SweepAsync("topic", TimeSpan.FromMinutes(10), default));

        await PublishAsync("next");

        Assert.True(Assert.Single(await _log.ClaimAsync(Group, "c", 10, false, Lease, default)).Sequence > delivery.Sequence);
    }

    [Fact]
    public async Task Backlog_OfMessagesThatAlwaysFail_DoesNotHoldUpNewOnes()
    {
        var broker = await _fixture.StartAsync<IPubSub>(
            "pubsub.sqlite", "app", ("connectionString", "pubsub.db"), ("concurrency", "1"), ("queueDepth", "2"));
        await Task.WhenAll(Enumerable.Repeat("poison", 40).Select(text => PublishAsync(text)));
        await using var subscription = await broker.SubscribeAsync(
            new SubscribeRequest("topic", "app", new Dictionary<string, string>()),
            (message, _) =>
            {
                // Longer than any pause before a retry: the whole backlog is due again all the time.
                _fixture.ManualClock.Advance(TimeSpan.FromSeconds(16));
                var text = Encoding.UTF8.GetString(message.Data.Span);
                _received.Enqueue(text);
                return text == "poison" ? throw new InvalidOperationException(text) : Task.CompletedTask;
            },
            default);
        await Eventually.True(() => _received.Count > 80);

        await PublishAsync("new");

        await Eventually.True(() => _received.Contains("new"));
    }

    private Task<long> DueAsync() =>
        _database.ReadAsync(session => session.QueryNumber("SELECT max(due_at) FROM pubsub_deliveries"), default);

    private Task<IAsyncDisposable> SubscribeAsync(string topic = "topic", Task? then = null) => _broker.SubscribeAsync(
        new SubscribeRequest(topic, "app", new Dictionary<string, string>()),
        (message, _) =>
        {
            _received.Enqueue(Encoding.UTF8.GetString(message.Data.Span));
            return then ?? Task.CompletedTask;
        },
        default);

    private Task PublishAsync(string text, string topic = "topic") => _broker.PublishAsync(Message(topic, text), default);

    private Task<long> CountAsync(string table) =>
        _database.ReadAsync(session => session.QueryNumber($"SELECT count(*) FROM {table}"), default);

    private SqliteOptions Options() => new(
        Path.Combine(_fixture.Directory, "pubsub.db"), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(2), true, SqliteSync.Full);

    private static OutgoingMessage Message(string topic, string text) =>
        new(topic, Encoding.UTF8.GetBytes(text), "text/plain", new Dictionary<string, string>());
}
