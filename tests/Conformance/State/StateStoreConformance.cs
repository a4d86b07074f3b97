using System.Text;
using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.State;

/// <summary>What every state driver must do. A driver joins with a subclass that names its expectations.</summary>
public abstract partial class StateStoreConformance : IAsyncLifetime
{
    private readonly ComponentFixture _fixture = new() { UseManualClock = true };
    private IStateStore _store = null!;

    private protected abstract StateDriver Driver { get; }

    public async Task InitializeAsync() => _store = await StartAsync();

    public async Task DisposeAsync() => await _fixture.DeleteAsync();

    [Fact]
    public async Task Get_MissingKey_IsNull()
    {
        var item = await _store.GetAsync("missing", default);

        Assert.Null(item);
    }

    [Fact]
    public async Task Set_NewKey_IsReadBackWithAnEtag()
    {
        await _store.ApplyAsync(Set("key", "value"), default);

        var item = await _store.GetAsync("key", default);

        Assert.NotNull(item);
        Assert.Equal(("key", "value"), (item.Key, TextOf(item)));
        Assert.NotEmpty(item.Etag);
        Assert.Null(item.ExpiresAt);
    }

    [Fact]
    public async Task Set_ExistingKey_ReplacesTheValueAndTheEtag()
    {
        await _store.ApplyAsync(Set("key", "one"), default);
        var before = await _store.GetAsync("key", default);

        await _store.ApplyAsync(Set("key", "two"), default);

        var after = await _store.GetAsync("key", default);
        Assert.Equal("two", TextOf(after));
        Assert.NotEqual(before!.Etag, after!.Etag);
    }

    [Fact]
    public async Task Set_ThatAnswersAnEtag_AnswersTheStoredOne()
    {
        var answered = await _store.SetAsync(Set("key", "value"), default);

        var stored = await _store.GetAsync("key", default);
        Assert.Equal(stored!.Etag, answered ?? stored.Etag);
    }

    [Fact]
    public async Task Set_EmptyEtag_CountsAsNone()
    {
        await _store.ApplyAsync(Set("key", "one"), default);

        await _store.ApplyAsync(Set("key", "two", etag: ""), default);

        Assert.Equal("two", TextOf(await _store.GetAsync("key", default)));
    }

    [Fact]
    public async Task Set_CallerReusesItsBuffer_KeepsTheStoredValue()
    {
        var buffer = "first"u8.ToArray();
        await _store.ApplyAsync(new StateSet("key", buffer), default);

        Array.Fill(buffer, (byte)'x');

        Assert.Equal("first", TextOf(await _store.GetAsync("key", default)));
    }

    [Theory]
    [InlineData("ключ 钥匙 🔑")]
    [InlineData("100%_[a-z]*?")]
    [InlineData("it's \"quoted\" \\ `here`")]
    [InlineData("app||order/1;DROP TABLE state--")]
    [InlineData(" leading and trailing ")]
    [InlineData("line\nbreak\tand tab")]
    public async Task Key_WithOddCharacters_IsItsOwn(string key)
    {
        await _store.ApplyAsync(Set(key, "mine"), default);
        await _store.ApplyAsync(Set(key + "x", "other"), default);

        var items = await _store.GetManyAsync([key, key + "y"], default);

        Assert.Equal((key, "mine"), (Assert.Single(items).Key, TextOf(items[0])));
        Assert.Equal("mine", TextOf(await _store.GetAsync(key, default)));
        await _store.ApplyAsync(new StateDelete(key), default);
        Assert.Equal("other", TextOf(await _store.GetAsync(key + "x", default)));
    }

    [Fact]
    public async Task Key_OfOneKibibyte_IsStored()
    {
        var key = new string('k', 1024);

        await _store.ApplyAsync(Set(key, "value"), default);

        Assert.Equal("value", TextOf(await _store.GetAsync(key, default)));
        Assert.Null(await _store.GetAsync(key[1..], default));
    }

    [Fact]
    public async Task Key_InAnotherCase_IsAnotherKey()
    {
        await _store.ApplyAsync(Set("Key", "upper"), default);

        Assert.Null(await _store.GetAsync("key", default));
    }

    [Fact]
    public async Task Value_OfFourMebibytes_IsReadBackByteForByte()
    {
        var seed = Environment.TickCount;
        var value = new byte[4 << 20];
        new Random(seed).NextBytes(value);

        await _store.ApplyAsync(new StateSet("large", value), default);

        var item = await _store.GetAsync("large", default);
        Assert.True(item!.Value.Span.SequenceEqual(value), $"the value differs (seed {seed})");
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { (byte)'a', 0, (byte)'b' })]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x80 })]
    [InlineData(new byte[] { (byte)'"', 0xE4, 0xBD, 0xA0, (byte)'"' })]
    public async Task Value_OfAnyBytes_IsReadBackByteForByte(byte[] value)
    {
        await _store.ApplyAsync(new StateSet("key", value), default);

        var item = await _store.GetAsync("key", default);

        Assert.Equal(value, item!.Value.ToArray());
    }

    [Fact]
    public async Task GetMany_SomeMissing_ReturnsThoseThatExist()
    {
        await _store.ApplyAsync(Set("a", "1"), default);
        await _store.ApplyAsync(Set("c", "3"), default);

        var items = await _store.GetManyAsync(["a", "b", "c"], default);

        Assert.Equal([("a", "1"), ("c", "3")], items.Select(item => (item.Key, TextOf(item))).Order());
        Assert.Empty(await _store.GetManyAsync([], default));
    }

    [Fact]
    public async Task Delete_MissingKeyWithoutEtag_Succeeds()
    {
        await _store.ApplyAsync(new StateDelete("missing"), default);

        Assert.Null(await _store.GetAsync("missing", default));
    }

    [Fact]
    public async Task Delete_ExistingKey_RemovesIt()
    {
        await _store.ApplyAsync(Set("key", "value"), default);

        await _store.ApplyAsync(new StateDelete("key"), default);

        Assert.Null(await _store.GetAsync("key", default));
    }

    [Fact]
    public async Task Reopen_DurableDriver_KeepsValueAndEtag()
    {
        await _store.ApplyAsync(Set("key", "value"), default);
        var before = await _store.GetAsync("key", default);

        await _fixture.StopAsync();
        _store = await StartAsync();

        var after = await _store.GetAsync("key", default);
        Assert.Equal(Driver.Durable ? before!.Etag : null, after?.Etag);
    }

    private protected Task<IStateStore> StartAsync() => _fixture.StartAsync<IStateStore>(Driver.Type, "app", Driver.Metadata);

    private protected static StateSet Set(
        string key, string value, string? etag = null, Concurrency concurrency = Concurrency.Unspecified, int? ttl = null) =>
        new(key, Encoding.UTF8.GetBytes(value), etag, concurrency, ttl);

    private protected static string? TextOf(StateItem? item) => item is null ? null : Encoding.UTF8.GetString(item.Value.Span);

    private protected static async Task<ComponentFault?> FaultOf(Task operation)
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
