using System.Text;
using DaprShop.TestKit.Servers;
using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.LossDemos;

/// <summary>
/// What state.redis loses by default, and how the services' commit rules (docs/decisions/0002-commit-rules.md) keep it. No setting of the
/// component helps here: components/README.md says so.
/// </summary>
public sealed class RedisStateLossDemos : IAsyncLifetime
{
    private readonly ComponentFixture _fixture = new() { UseManualClock = false };
    private IStateStore _store = null!;

    public async Task InitializeAsync()
    {
        var database = await RedisDatabase.EmptyAsync(await RedisServer.Shared);
        _store = await _fixture.StartAsync<IStateStore>("state.redis", metadata: database.Metadata);
    }

    public Task DisposeAsync() => _fixture.DeleteAsync();

    [Fact]
    public async Task L15_DeletedAndCreatedAgain_AnOldEtagOverwritesTheNewDocument()
    {
        await WriteAsync("document", "first life", null, Concurrency.FirstWrite);
        var old = await _store.GetAsync("document", default);
        await _store.ApplyAsync(new StateDelete("document"), default);
        await WriteAsync("document", "second life", null, Concurrency.FirstWrite);

        await WriteAsync("document", "decided on the first life", old!.Etag, Concurrency.FirstWrite);

        Assert.Equal("decided on the first life", await ReadAsync("document"));
    }

    [Fact]
    public async Task L15_NeverDeleted_AnOldEtagIsRefused()
    {
        await WriteAsync("document", "first life", null, Concurrency.FirstWrite);
        var old = await _store.GetAsync("document", default);
        await WriteAsync("document", "ended", old!.Etag, Concurrency.FirstWrite);
        var ended = await _store.GetAsync("document", default);
        await WriteAsync("document", "second life", ended!.Etag, Concurrency.FirstWrite);

        var late = await FaultOf(WriteAsync("document", "decided on the first life", old.Etag, Concurrency.FirstWrite));

        Assert.Equal(ComponentFault.EtagMismatch, late);
        Assert.Equal("second life", await ReadAsync("document"));
    }

    [Fact]
    public async Task L16_PlainWriteThenFirstWrite_OverwritesIt()
    {
        await WriteAsync("document", "one", null, Concurrency.Unspecified);

        await WriteAsync("document", "another creator's", null, Concurrency.FirstWrite);

        Assert.Equal("another creator's", await ReadAsync("document"));
    }

    [Fact]
    public async Task L16_FirstWriteAlways_TheSecondCreatorIsRefused()
    {
        await WriteAsync("document", "one", null, Concurrency.FirstWrite);

        var second = await FaultOf(WriteAsync("document", "another creator's", null, Concurrency.FirstWrite));

        Assert.Equal(ComponentFault.Failed, second);
        Assert.Equal("one", await ReadAsync("document"));
    }

    private Task WriteAsync(string key, string value, string? etag, Concurrency concurrency) =>
        _store.ApplyAsync(new StateSet(key, Encoding.UTF8.GetBytes(value), etag, concurrency), default);

    private async Task<string?> ReadAsync(string key) =>
        await _store.GetAsync(key, default) is { } item ? Encoding.UTF8.GetString(item.Value.Span) : null;

    private static async Task<ComponentFault?> FaultOf(Task operation)
    {
        try
        {
            await operation;
            return null;
        }
        catch (ComponentException failure)
        {
            return failure.Fault;
        }
    }
}
