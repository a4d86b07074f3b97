using System.Text.Json;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Tests.Services.State;

public sealed class DocumentStoreTests : IAsyncLifetime
{
    private FaultyStore _store = null!;
    private FaultyStateSidecar _sidecar = null!;
    private DocumentStore _documents = null!;

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync();
        (_sidecar, _documents) = (_store.Sidecar, _store.Documents);
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task Change_NewKey_CreatesTheDocument()
    {
        var result = await IncrementAsync("a/b");

        Assert.Equal(1, result);
        Assert.Equal(1, await ValueAsync("a/b"));
    }

    [Fact]
    public async Task Change_ManyWriters_LoseNoIncrement()
    {
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => IncrementAsync("counter")));

        Assert.Equal(40, await ValueAsync("counter"));
    }

    [Theory]
    [InlineData("AppliedButConflict")]
    [InlineData("AppliedButNoAnswer")]
    [InlineData("AppliedButError")]
    [InlineData("ErrorNotApplied")]
    [InlineData("ConflictNotApplied")]
    public async Task Change_AnswerTellsNothing_TakesEffectExactlyOnce(string fault)
    {
        await IncrementAsync("counter");
        _sidecar.FailWrites(Enum.Parse<WriteFault>(fault));

        var result = await IncrementAsync("counter");

        Assert.Equal(2, result);
        Assert.Equal(2, await ValueAsync("counter"));
    }

    [Fact]
    public async Task Create_NothingStands_WritesWithoutAReadAndCanBeChanged()
    {
        _sidecar.FailReads(int.MaxValue);

        Assert.Null(await _documents.CreateAsync("fresh", new Counter(5), CancellationToken.None));

        _sidecar.FailReads(0);
        Assert.Equal(6, await IncrementAsync("fresh"));
    }

    [Fact]
    public async Task Create_AnotherStands_GivesThatOneAndChangesNothing()
    {
        await IncrementAsync("counter");

        var standing = await _documents.CreateAsync("counter", new Counter(5), CancellationToken.None);

        Assert.Equal((1, 1), (standing!.Value, await ValueAsync("counter")));
    }

    [Theory]
    [InlineData("AppliedButConflict")]
    [InlineData("AppliedButNoAnswer")]
    [InlineData("AppliedButError")]
    [InlineData("ErrorNotApplied")]
    public async Task Create_AnswerTellsNothing_KnowsItsOwn(string fault)
    {
        _sidecar.FailWrites(Enum.Parse<WriteFault>(fault));

        Assert.Null(await _documents.CreateAsync("fresh", new Counter(5), CancellationToken.None));
        Assert.Equal(5, await ValueAsync("fresh"));
    }

    [Fact]
    public async Task Create_ManyAtOnce_OneWins()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(1, 20).Select(n => _documents.CreateAsync("fresh", new Counter(n), CancellationToken.None)));

        var winner = await ValueAsync("fresh");
        Assert.Single(outcomes, outcome => outcome is null);
        Assert.All(outcomes.Where(outcome => outcome is not null), standing => Assert.Equal(winner, standing!.Value));
    }

    [Theory]
    [InlineData("AppliedButConflict")]
    [InlineData("AppliedButNoAnswer")]
    [InlineData("ErrorNotApplied")]
    public async Task Change_CreateWhoseAnswerTellsNothing_TakesEffectExactlyOnce(string fault)
    {
        _sidecar.FailWrites(Enum.Parse<WriteFault>(fault));

        await IncrementAsync("counter");

        Assert.Equal(1, await ValueAsync("counter"));
    }

    [Fact]
    public async Task Change_SeveralFaultsInARow_TakesEffectExactlyOnce()
    {
        _sidecar.FailWrites(WriteFault.ErrorNotApplied, WriteFault.ConflictNotApplied, WriteFault.AppliedButNoAnswer);

        await IncrementAsync("counter");

        Assert.Equal(1, await ValueAsync("counter"));
    }

    [Fact]
    public async Task Change_OwnSwapOvertakenBeforeTheReadBack_IsRecognisedInTheCommitLog()
    {
        // The write takes effect, its answer is lost, and another writer swaps on top before the read-back.
        _sidecar.FailWrites(WriteFault.AppliedButNoAnswer);
        var overtaken = false;
        _sidecar.BeforeWrite = sidecar =>
        {
            sidecar.BeforeWrite = null;
            overtaken = true;
        };

        var first = IncrementAsync("counter");
        var second = IncrementAsync("counter");
        await Task.WhenAll(first, second);

        Assert.True(overtaken);
        Assert.Equal(2, await ValueAsync("counter"));
    }

    [Fact]
    public async Task Change_AnotherWriterWins_DecidesAgainOnItsDocument()
    {
        await IncrementAsync("counter");
        var rival = JsonSerializer.Serialize(new { schema = 1, commits = new[] { "rival" }, document = new { value = 100 } });
        _sidecar.BeforeWrite = sidecar =>
        {
            sidecar.BeforeWrite = null;
            sidecar.Put("counter", rival);
        };

        var result = await IncrementAsync("counter");

        Assert.Equal(101, result);
    }

    [Fact]
    public async Task Change_ReadBackFails_IsUnavailableAndNothingIsBuiltOnIt()
    {
        await IncrementAsync("counter");
        _sidecar.FailWrites(WriteFault.AppliedButNoAnswer);
        _sidecar.BeforeWrite = sidecar => sidecar.FailReads(1);

        await Assert.ThrowsAsync<DependencyUnavailableException>(() => IncrementAsync("counter"));

        _sidecar.BeforeWrite = null;
        Assert.Equal(2, await ValueAsync("counter"));
    }

    [Fact]
    public async Task Change_DecisionWantsNothing_WritesNothing()
    {
        await IncrementAsync("counter");
        var writes = _sidecar.Writes;

        var result = await _documents.ChangeAsync<Counter, string>(
            "counter", found => Change.None<Counter, string>($"saw {found!.Value}"), CancellationToken.None);

        Assert.Equal("saw 1", result);
        Assert.Equal(writes, _sidecar.Writes);
    }

    [Fact]
    public async Task WriteOnce_Repeated_LeavesTheSameBytes()
    {
        await _documents.WriteOnceAsync("log/1", new Counter(7), CancellationToken.None);
        var first = _sidecar.Raw("log/1");

        await _documents.WriteOnceAsync("log/1", new Counter(7), CancellationToken.None);

        Assert.Equal(first, _sidecar.Raw("log/1"));
        Assert.Equal(new Counter(7), await _documents.ReadOnceAsync<Counter>("log/1", CancellationToken.None));
    }

    [Fact]
    public async Task WriteOnce_StoreFails_IsUnavailable()
    {
        _sidecar.FailWrites(WriteFault.ErrorNotApplied);

        await Assert.ThrowsAsync<DependencyUnavailableException>(
            () => _documents.WriteOnceAsync("log/1", new Counter(7), CancellationToken.None));
    }

    /// <summary>As a store whose disk is full: it reads, and every swap fails.</summary>
    [Fact]
    public async Task Change_NoSwapSucceeds_StoreIsAskedLittleMoreThanOnceForEach()
    {
        const int Changes = 600;
        var failed = 0;
        _sidecar.FailWrites([.. Enumerable.Repeat(WriteFault.ConflictNotApplied, 10 * Changes)]);

        await Parallel.ForEachAsync(Enumerable.Range(0, Changes), async (n, _) =>
        {
            await Assert.ThrowsAsync<DependencyUnavailableException>(() => IncrementAsync($"key-{n}"));
            Interlocked.Increment(ref failed);
        });
        var writes = _sidecar.Writes;
        _sidecar.Heal();

        Assert.Equal(Changes, failed);
        Assert.InRange(writes, Changes, Changes * 12 / 10);
        Assert.Equal(1, await IncrementAsync("key-1"));
    }

    private Task<int> IncrementAsync(string key) => _documents.ChangeAsync<Counter, int>(
        key,
        found =>
        {
            var next = new Counter((found?.Value ?? 0) + 1);
            return Change.To(next, next.Value);
        },
        CancellationToken.None);

    private async Task<int?> ValueAsync(string key) =>
        (await _documents.ReadAsync<Counter>(key, CancellationToken.None))?.Value;

    private sealed record Counter(int Value);
}
