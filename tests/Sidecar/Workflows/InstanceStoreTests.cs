using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Components.State.InMemory;
using Sidecar.Workflows;

namespace DaprShop.Tests.Workflows;

/// <summary>The swap rules (architecture.md 6, R2) against a store that lies in every way a real one may.</summary>
public sealed class InstanceStoreTests
{
    private readonly InMemoryStateStore _memory = new(TimeProvider.System);
    private readonly FaultyStateStore _faulty;
    private readonly InstanceStore _store;

    public InstanceStoreTests()
    {
        _faulty = new FaultyStateStore(_memory);
        _store = new InstanceStore(_faulty, new InstanceKeys("shop", "default"));
    }

    [Theory]
    [InlineData("None", true)]
    [InlineData("LostAnswer", true)]
    [InlineData("FalseMismatch", true)]
    [InlineData("Refused", true)]
    [InlineData("None", false)]
    [InlineData("FalseMismatch", false)]
    [InlineData("Refused", false)]
    public async Task Swap_CreateAndReplaceWithAFault_TakeEffectOnce(string fault, bool tellsEtags)
    {
        _faulty.TellsEtags = tellsEtags;
        _faulty.FaultOf = number => number is 0 or 2 ? Enum.Parse<WriteFault>(fault) : WriteFault.None;

        var created = await _store.SwapAsync(null, Document("c1"), default);
        var replaced = await _store.SwapAsync(created.Committed, Document("c2"), default);
        var again = await _store.SwapAsync(replaced.Committed, Document("c3"), default);

        Assert.Equal([true, true, true], [created.IsCommitted, replaced.IsCommitted, again.IsCommitted]);
        Assert.Equal("c3", (await _store.LoadAsync("o1", default))!.Document.CommitId);
    }

    [Fact]
    public async Task Swap_NoFault_ReadsNothing()
    {
        var created = await _store.SwapAsync(null, Document("c1"), default);
        await _store.SwapAsync(created.Committed, Document("c2"), default);

        Assert.Equal(0, _faulty.Reads);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Swap_AnotherWriterWasFirst_IsLostWithWhatItWrote(bool tellsEtags)
    {
        _faulty.TellsEtags = tellsEtags;
        var created = await _store.SwapAsync(null, Document("c1"), default);
        var other = new InstanceStore(_memory, new InstanceKeys("shop", "default"));
        await other.SwapAsync(await other.LoadAsync("o1", default), Document("theirs"), default);

        var outcome = await _store.SwapAsync(created.Committed, Document("ours"), default);

        Assert.False(outcome.IsCommitted);
        Assert.Equal("theirs", outcome.Lost!.Document.CommitId);
        Assert.Equal("theirs", (await _store.LoadAsync("o1", default))!.Document.CommitId);
    }

    [Fact]
    public async Task Swap_CreateOfWhatExists_IsLost()
    {
        await _store.SwapAsync(null, Document("first"), default);

        var outcome = await _store.SwapAsync(null, Document("second"), default);

        Assert.Equal("first", outcome.Lost!.Document.CommitId);
    }

    [Fact]
    public async Task Swap_DocumentIsGone_IsLostAndNotRecreated()
    {
        var created = await _store.SwapAsync(null, Document("c1"), default);
        await _store.DeleteAsync(created.Committed!, default);

        var outcome = await _store.SwapAsync(created.Committed, Document("c2"), default);

        Assert.Equal(new SwapOutcome(null, null), outcome);
        Assert.Null(await _store.LoadAsync("o1", default));
    }

    [Fact]
    public async Task Swap_OutcomeUnknownAndReadFails_ThrowsAndTheSameBytesCommitLater()
    {
        _faulty.FaultOf = number => number == 0 ? WriteFault.LostAnswer : WriteFault.None;
        _faulty.FailingReads = 1;
        var document = Document("c1");

        await Assert.ThrowsAsync<ComponentException>(() => _store.SwapAsync(null, document, default));
        var outcome = await _store.SwapAsync(null, document, default);

        Assert.True(outcome.IsCommitted);
        Assert.Equal("c1", (await _store.LoadAsync("o1", default))!.Document.CommitId);
    }

    [Fact]
    public async Task Swap_StoreRefusesForGood_Throws()
    {
        _faulty.FaultOf = _ => WriteFault.Refused;

        var error = await Assert.ThrowsAsync<ComponentException>(() => _store.SwapAsync(null, Document("c1"), default));

        Assert.Equal("refused", error.Message);
    }

    [Fact]
    public async Task Markers_MoreThanOneRead_AreAllFound()
    {
        for (var number = 0; number < 600; number++)
        {
            await _store.WriteMarkerAsync($"o{number}", "e", default);
        }

        List<string> found = [];
        await foreach (var (instanceId, _) in _store.MarkersAsync(default))
        {
            found.Add(instanceId);
        }

        Assert.Equal(600, found.Distinct().Count());
    }

    [Fact]
    public async Task Load_ForeignBytes_IsAStoreFailureThatNamesTheKey()
    {
        await _memory.ApplyAsync(new StateSet("shop||dapr.internal.default.shop.workflow||o1||metadata", "{\"a\":1}"u8.ToArray()), default);

        var error = await Assert.ThrowsAsync<ComponentException>(() => _store.LoadAsync("o1", default));

        Assert.Contains("o1||metadata", error.Message, StringComparison.Ordinal);
    }

    private static InstanceDocument Document(string commitId) => new() { InstanceId = "o1", CommitId = commitId };
}
