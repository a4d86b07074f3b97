using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;
using Microsoft.Extensions.Configuration;

namespace DaprShop.Tests.Services.State;

public sealed class BulkReadsTests : IAsyncLifetime
{
    private FaultyStore _store = null!;
    private BulkReads _reads = null!;

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync();
        _reads = Over(_store.Sidecar.Address, _store.Calls);
        await _store.Documents.ChangeAsync<Note, bool>("there", _ => Change.To(new Note("words"), true), CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        _reads.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Read_SomeAreMissing_FindsTheOthers()
    {
        var found = await _reads.ReadAsync(["there", "missing"], CancellationToken.None);

        Assert.Equal(new Note("words"), found.Find<Note>("there"));
        Assert.Null(found.Find<Note>("missing"));
    }

    [Fact]
    public async Task Read_OneCannotBeRead_Throws()
    {
        _store.Sidecar.FailBulkItems(1);

        var failure = await Assert.ThrowsAsync<DependencyUnavailableException>(() => _reads.ReadAsync(["missing", "there"], CancellationToken.None));

        Assert.Contains("key there: planned", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_NobodyListens_Throws()
    {
        using var reads = Over("http://127.0.0.1:1", _store.Calls);

        await Assert.ThrowsAsync<DependencyUnavailableException>(() => reads.ReadAsync(["there"], CancellationToken.None));
    }

    internal static BulkReads Over(string address, StoreCalls calls) => new(
        new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("DAPR_HTTP_ENDPOINT", (string?)address)]).Build(), calls);

    private sealed record Note(string Text);
}
