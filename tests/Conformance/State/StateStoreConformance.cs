using System.Text;
using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.State;

/// <summary>What every state driver must do. A driver joins with a subclass that names its expectations.</summary>
public abstract partial class StateStoreConformance : IAsyncLifetime
{
    private readonly ComponentFixture _fixture = new() { UseManualClock = true };

    private protected abstract StateDriver Driver { get; }

    private protected IStateStore Store { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await PrepareAsync();
        Store = await StartAsync();
    }

    public async Task DisposeAsync() => await _fixture.DeleteAsync();

    [Fact]
    public async Task Get_MissingKey_IsNull()
    {
        var item = await Store.GetAsync("missing", default);

        Assert.Null(item);
    }

    [Fact]
    public async Task Set_NewKey_IsReadBackWithAnEtag()
    {
        await Store.ApplyAsync(Set("key", "value"), default);

        var item = await Store.GetAsync("key", default);

        Assert.NotNull(item);
        Assert.Equal(("key", "value"), (item.Key, TextOf(item)));
        Assert.NotEmpty(item.Etag);
        Assert.Null(item.ExpiresAt);
    }

    [Fact]
    public async Task Set_ExistingKey_ReplacesTheValueAndTheEtag()
    {
        await Store.ApplyAsync(Set("key", "one"), default);
        var before = await Store.GetAsync("key", default);

        await Store.ApplyAsync(Set("key", "two"), default);

        var after = await Store.GetAsync("key", default);
        Assert.Equal("two", TextOf(after));
        Assert.NotEqual(before!.Etag, after!.Etag);
    }

    [Fact]
    public async Task Set_ThatAnswersAnEtag_AnswersTheStoredOne()
    {
        var answered = await Store.SetAsync(Set("key", "value"), default);

        var stored = await Store.GetAsync("key", default);
        Assert.Equal(stored!.Etag, answered ?? stored.Etag);
    }

    [Fact]
    public async Task Set_EmptyEtag_CountsAsNone()
    {
        await Store.ApplyAsync(Set("key", "one"), default);

        await Store.ApplyAsync(Set("key", "two", etag: ""), default);

        Assert.Equal("two", TextOf(await Store.GetAsync("key", default)));
    }

    [Fact]
    public async Task Set_CallerReusesItsBuffer_KeepsTheStoredValue()
    {
        var buffer = "first"u8.ToArray();
        await Store.ApplyAsync(new StateSet("key", buffer), default);

        Array.Fill(buffer, (byte)'x');

        Assert.Equal("first", TextOf(await Store.GetAsync("key", default)));
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
        await Store.ApplyAsync(Set(key, "mine"), default);
        await Store.ApplyAsync(Set(key + "x", "other"), default);

        var items = await Store.GetManyAsync([key, key + "y"], default);

        Assert.Equal((key, "mine"), (Assert.Single(items).Key, TextOf(items[0])));
        Assert.Equal("mine", TextOf(await Store.GetAsync(key, default)));
        await Store.ApplyAsync(new StateDelete(key), default);
        Assert.Equal("other", TextOf(await Store.GetAsync(key + "x", default)));
    }

    [Fact]
    public async Task Key_OfOneKibibyte_IsStored()
    {
        var key = new string('k', 1024);

        await Store.ApplyAsync(Set(key, "value"), default);

        Assert.Equal("value", TextOf(await Store.GetAsync(key, default)));
        Assert.Null(await Store.GetAsync(key[1..], default));
    }

    [Fact]
    public async Task Key_InAnotherCase_IsAnotherKey()
    {
        await Store.ApplyAsync(Set("Key", "upper"), default);

        Assert.Null(await Store.GetAsync("key", default));
    }

    [Fact]
    public async Task Value_OfFourMebibytes_IsReadBackByteForByte()
    {
        var seed = Environment.TickCount;
        var value = new byte[4 << 20];
        new Random(seed).NextBytes(value);

        await Store.ApplyAsync(new StateSet("large", value), default);

        var item = await Store.GetAsync("large", default);
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
        await Store.ApplyAsync(new StateSet("key", value), default);

        var item = await Store.GetAsync("key", default);

        Assert.Equal(value, item!.Value.ToArray());
    }

    [Fact]
    public async Task GetMany_SomeMissing_ReturnsThoseThatExist()
    {
        await Store.ApplyAsync(Set("a", "1"), default);
        await Store.ApplyAsync(Set("c", "3"), default);

        var items = await Store.GetManyAsync(["a", "b", "c"], default);

        Assert.Equal([("a", "1"), ("c", "3")], items.Select(item => (item.Key, TextOf(item))).Order());
        Assert.Empty(await Store.GetManyAsync([], default));
    }

    [Fact]
    public async Task Delete_MissingKeyWithoutEtag_Succeeds()
    {
        await Store.ApplyAsync(new StateDelete("missing"), default);

        Assert.Null(await Store.GetAsync("missing", default));
    }

    [Fact]
    public async Task Delete_ExistingKey_RemovesIt()
    {
        await Store.ApplyAsync(Set("key", "value"), default);

        await Store.ApplyAsync(new StateDelete("key"), default);

        Assert.Null(await Store.GetAsync("key", default));
    }

    [Fact]
    public async Task Reopen_DurableDriver_KeepsValueAndEtag()
    {
        await Store.ApplyAsync(Set("key", "value"), default);
        var before = await Store.GetAsync("key", default);

        await _fixture.StopAsync();
        Store = await StartAsync();

        var after = await Store.GetAsync("key", default);
        Assert.Equal(Driver.Durable ? before!.Etag : null, after?.Etag);
    }

    /// <summary>Gives the test a store of its own where drivers share a server.</summary>
    private protected virtual Task PrepareAsync() => Task.CompletedTask;

    /// <summary>Makes keys expire as if the time had passed.</summary>
    private protected virtual Task PassAsync(TimeSpan time)
    {
        _fixture.ManualClock.Advance(time);
        return Task.CompletedTask;
    }

    private protected Task<IStateStore> StartAsync(params (string Name, string Value)[] more) =>
        _fixture.StartAsync<IStateStore>(Driver.Type, "app", [.. Driver.Metadata, .. more]);

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
