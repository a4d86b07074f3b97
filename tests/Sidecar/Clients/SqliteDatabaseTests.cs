using DaprShop.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Clients.Sqlite;
using Sidecar.Components;

namespace DaprShop.Tests.Clients;

public sealed class SqliteDatabaseTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sqlite-").FullName;
    private readonly ManualClock _clock = new();
    private readonly SharedClients _shared = new();
    private SqliteDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = SqliteDatabase.Open(Options("test.db"), Context(_shared));
        await _database.WriteAsync(session => session.Execute("CREATE TABLE t (k INTEGER PRIMARY KEY, v BLOB)"), default);
    }

    public async Task DisposeAsync()
    {
        await _shared.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Open_SameFileTwice_IsOneDatabase()
    {
        Assert.Same(_database, SqliteDatabase.Open(Options("test.db"), Context(_shared)));
    }

    [Fact]
    public void Open_SameFileWithOtherSynchronous_IsRefused()
    {
        var failure = Assert.Throws<ComponentException>(
            () => SqliteDatabase.Open(Options("test.db") with { Sync = SqliteSync.Normal }, Context(_shared)));

        Assert.Equal(ComponentFault.BadRequest, failure.Fault);
    }

    [Fact]
    public void Engine_ThatWasTaken_IsNamed()
    {
        var engine = SqliteEngine.Current;

        Assert.True(Version.Parse(engine.Version) >= new Version(3, 35), $"{engine}");
        Assert.NotEmpty(engine.Source);
    }

    [Fact]
    public async Task Write_SeveralInOneBatch_FailingOneFailsAlone()
    {
        var gate = BlockWriter();
        var good = Enumerable.Range(0, 20).Select(n => InsertAsync(n)).ToList();
        var bad = _database.WriteAsync<int>(
            session =>
            {
                session.Execute("INSERT INTO t VALUES (100, NULL)");
                throw new InvalidOperationException("the operation fails after it wrote");
            },
            default);
        var duplicate = InsertAsync(0);
        var last = InsertAsync(200);

        gate.Set();

        await Task.WhenAll(good);
        await last;
        await Assert.ThrowsAsync<InvalidOperationException>(() => bad);
        Assert.Equal(ComponentFault.Failed, (await Assert.ThrowsAsync<ComponentException>(() => duplicate)).Fault);
        Assert.Equal([.. Enumerable.Range(0, 20).Select(n => (long)n), 200], await KeysAsync());
    }

    [Fact]
    public async Task Write_DiskFull_FailsItsCallerAndTheWriterLivesOn()
    {
        // A ceiling on the number of pages is what a full disk looks like to SQLite.
        await _database.WriteAsync(
            session =>
            {
                var pages = session.QueryNumber("PRAGMA page_count");
                return session.QueryNumber($"PRAGMA max_page_count = {pages + 20}");
            },
            default);
        var gate = BlockWriter();
        var before = InsertAsync(1);
        var large = _database.WriteAsync(session => session.Execute("INSERT INTO t VALUES (2, @a)", new byte[1 << 20]), default);
        var after = InsertAsync(3);

        gate.Set();

        await Task.WhenAll(before, after);
        var failure = await Assert.ThrowsAsync<ComponentException>(() => large);
        Assert.Contains("full", failure.Message, StringComparison.Ordinal);
        Assert.Equal([1, 3], await KeysAsync());
        await InsertAsync(4);
        Assert.Equal([1, 3, 4], await KeysAsync());
    }

    [Fact]
    public async Task Write_CanceledBeforeItBegan_NeverRuns()
    {
        using var cancellation = new CancellationTokenSource();
        var gate = BlockWriter();
        var canceled = _database.WriteAsync(session => session.Execute("INSERT INTO t VALUES (1, NULL)"), cancellation.Token);

        await cancellation.CancelAsync();
        gate.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled);
        await InsertAsync(2);
        Assert.Equal([2], await KeysAsync());
    }

    [Fact]
    public async Task Write_WaitedLongerThanTheTimeout_FailsWithoutRunning()
    {
        var gate = BlockWriter();
        var late = InsertAsync(1);

        _clock.Advance(TimeSpan.FromSeconds(21));
        gate.Set();

        var failure = await Assert.ThrowsAsync<ComponentException>(() => late);
        Assert.Contains("timed out", failure.Message, StringComparison.Ordinal);
        Assert.Empty(await KeysAsync());
    }

    [Fact]
    public async Task Write_AfterDispose_IsAnError()
    {
        await _shared.DisposeAsync();

        var failure = await Assert.ThrowsAsync<ComponentException>(() => InsertAsync(1));

        Assert.Equal(ComponentFault.Failed, failure.Fault);
    }

    [Fact]
    public async Task Write_FromTwoProcesses_LosesNothing()
    {
        await using var otherShared = new SharedClients();
        var other = SqliteDatabase.Open(Options("test.db"), Context(otherShared));

        await Task.WhenAll(Enumerable.Range(0, 400).Select(n => Task.Run(() => (n % 2 == 0 ? _database : other)
            .WriteAsync(session => session.Execute("INSERT INTO t VALUES (@a, NULL)", n), default, durable: n % 3 == 0))));

        Assert.Equal(Enumerable.Range(0, 400).Select(n => (long)n), await KeysAsync());
    }

    [Fact]
    public async Task Write_HeldUpByAnotherProcess_FailsAfterTheBusyTimeoutAndWorksLater()
    {
        var options = Options("busy.db") with { BusyTimeout = TimeSpan.FromMilliseconds(50) };
        await using var otherShared = new SharedClients();
        var other = SqliteDatabase.Open(options, Context(otherShared));
        await other.WriteAsync(session => session.Execute("CREATE TABLE t (k INTEGER PRIMARY KEY, v BLOB)"), default);
        var database = SqliteDatabase.Open(options, Context(_shared));
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        var holding = other.WriteAsync(
            session =>
            {
                entered.Set();
                return leave.Wait(TimeSpan.FromSeconds(30));
            },
            default);
        await Eventually.True(() => entered.IsSet);

        var failure = await Assert.ThrowsAsync<ComponentException>(
            () => database.WriteAsync(session => session.Execute("INSERT INTO t VALUES (1, NULL)"), default));

        Assert.Contains("locked", failure.Message, StringComparison.Ordinal);
        leave.Set();
        await holding;
        Assert.Equal(1, await database.WriteAsync(session => session.Execute("INSERT INTO t VALUES (1, NULL)"), default));
    }

    [Fact]
    public async Task Read_WhileAWriteIsRunning_SeesTheStateBefore()
    {
        await InsertAsync(1);
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        var writing = _database.WriteAsync(
            session =>
            {
                session.Execute("INSERT INTO t VALUES (2, NULL)");
                entered.Set();
                return leave.Wait(TimeSpan.FromSeconds(30));
            },
            default);
        await Eventually.True(() => entered.IsSet);

        var during = await KeysAsync();
        leave.Set();
        await writing;

        Assert.Equal([1], during);
        Assert.Equal([1, 2], await KeysAsync());
    }

    /// <summary>What is queued until the event is set becomes one batch.</summary>
    private ManualResetEventSlim BlockWriter()
    {
        var gate = new ManualResetEventSlim();
        var entered = new ManualResetEventSlim();
        _ = _database.WriteAsync(
            _ =>
            {
                entered.Set();
                return gate.Wait(TimeSpan.FromSeconds(30));
            },
            default);
        Assert.True(entered.Wait(TimeSpan.FromSeconds(10)));
        return gate;
    }

    private Task<int> InsertAsync(long key) =>
        _database.WriteAsync(session => session.Execute("INSERT INTO t VALUES (@a, NULL)", key), default);

    private Task<List<long>> KeysAsync() =>
        _database.ReadAsync(session => session.Query("SELECT k FROM t ORDER BY k", row => row.GetInt64(0)), default);

    private SqliteOptions Options(string file) =>
        new(Path.Combine(_directory, file), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10), true, SqliteSync.Full);

    private ComponentContext Context(SharedClients shared) =>
        new("app", _directory, [_directory], _clock, NullLoggerFactory.Instance, shared);
}
