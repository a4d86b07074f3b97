using System.Diagnostics;
using System.Globalization;
using System.Text;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.State;

/// <summary>state.redis when the server or the way to it fails: what a caller is told, and what took effect all the same.</summary>
public sealed class RedisStateFaultTests : IAsyncLifetime
{
    /// <summary>The greeting's "+PONG" and its line end: the first byte after it belongs to the first command's answer.</summary>
    private const int GreetingLength = 7;

    private readonly ComponentFixture _fixture = new() { UseManualClock = false };
    private RedisServer _server = null!;
    private FaultyProxy _network = null!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync(durable: true);
        _network = FaultyProxy.Start(_server.Port);
    }

    public async Task DisposeAsync()
    {
        await _fixture.DeleteAsync();
        await _network.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Swap_ItsAnswerLostAndSentAgain_AnswersAMismatchToItsOwnSuccess()
    {
        var store = await StartAsync(("redisMaxRetries", "100"));
        await store.ApplyAsync(Set("one", null), default);

        var failure = await LoseTheNextAnswerAsync(() => store.ApplyAsync(Set("two", "1"), default));

        Assert.Equal(ComponentFault.EtagMismatch, failure?.Fault);
        Assert.Contains("MISMATCH", failure!.Message, StringComparison.Ordinal);
        Assert.Equal(("two", "2"), await ReadAsync(store));
    }

    [Fact]
    public async Task Create_ItsAnswerLostAndSentAgain_FailsThoughItTookEffect()
    {
        var store = await StartAsync(("redisMaxRetries", "100"));
        await TeachScriptsAsync(store);

        var failure = await LoseTheNextAnswerAsync(() => store.ApplyAsync(Set("mine", null), default));

        Assert.Equal(ComponentFault.Failed, failure?.Fault);
        Assert.Equal(("mine", "1"), await ReadAsync(store));
    }

    [Fact]
    public async Task PlainWrite_ItsAnswerLostAndSentAgain_Succeeds()
    {
        var store = await StartAsync(("redisMaxRetries", "100"));
        await TeachScriptsAsync(store);

        var failure = await LoseTheNextAnswerAsync(() => store.ApplyAsync(new StateSet("key", "plain"u8.ToArray()), default));

        Assert.Null(failure);
        Assert.Equal(("plain", "2"), await ReadAsync(store));
    }

    [Theory]
    [InlineData("1", nameof(ComponentFault.EtagMismatch))]
    [InlineData(null, nameof(ComponentFault.Failed))]
    public async Task Write_ServerFull_FailsAsDaprdSaysAndReadsGoOn(string? etag, string expected)
    {
        var store = await StartAsync();
        await store.ApplyAsync(Set("kept", null), default);
        var database = await RedisDatabase.EmptyAsync(_server, number: 1);
        await database.ExecuteAsync("CONFIG", "SET", "maxmemory", "100kb");

        var write = etag is null ? Set("lost", null) with { Key = "new" } : Set("lost", etag);
        var failure = await Assert.ThrowsAsync<ComponentException>(() => store.ApplyAsync(write, default));

        Assert.Equal(expected, $"{failure.Fault}");
        Assert.Contains("OOM", failure.Message, StringComparison.Ordinal);
        Assert.Equal(("kept", "1"), await ReadAsync(store));
    }

    [Fact]
    public async Task Write_ServerHangs_FailsInTimeAndWorksOnceItAnswers()
    {
        var store = await StartAsync(("readTimeout", "2s"));
        await store.ApplyAsync(Set("before", null), default);
        await _server.PauseAsync();
        var watch = Stopwatch.StartNew();

        var failure = await Assert.ThrowsAsync<ComponentException>(() => store.GetAsync("key", default));
        var took = watch.Elapsed;
        await _server.ResumeAsync();

        Assert.Contains($"{_network.Port}", failure.Message, StringComparison.Ordinal);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        await Eventually.Get(() => TryAsync(() => ReadAsync(store)), read => read == ("before", "1"));
    }

    [Fact]
    public async Task Counters_ServerKilledAmidManySwaps_CountEveryAcknowledgedOneOnce()
    {
        const int Writers = 8;
        const int Increments = 60;
        var store = await StartAsync();
        await store.ApplyAsync(new StateSet("key", Number(0, ""), null, Concurrency.FirstWrite), default);
        var done = 0;

        var counting = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var n = 0; n < Increments; n++)
            {
                await IncrementAsync(store, $"{writer}-{n}");
                Interlocked.Increment(ref done);
            }
        })));
        foreach (var share in (int[])[Writers * Increments / 4, Writers * Increments / 2])
        {
            await Eventually.True(() => Volatile.Read(ref done) >= share);
            await _server.KillAsync();
            await _server.StartAgainAsync();
        }

        await counting.WaitAsync(TimeSpan.FromMinutes(4));
        Assert.Equal(Writers * Increments, CountOf((await ReadAsync(store)).Value));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 0xFF)]
    [InlineData(false, 0)]
    [InlineData(false, 0xFF)]
    public async Task Wire_BytesCutOrChangedAnywhere_NeverHangsAndIsRebuilt(bool towardsServer, byte mask)
    {
        var store = await StartAsync(("readTimeout", "150ms"), ("redisMaxRetries", "1"), ("redisMinRetryInterval", "1ms"));
        for (var at = 0; at < 130; at += 3)
        {
            var damage = new Damage(at, mask);
            _network.ToServer = towardsServer ? damage : null;
            _network.ToClient = towardsServer ? null : damage;
            _network.Cut();

            await TryAsync(async () =>
            {
                await store.ApplyAsync(Set($"at {at}", null), default).WaitAsync(TimeSpan.FromSeconds(30));
                return await ReadAsync(store).WaitAsync(TimeSpan.FromSeconds(30));
            });

            (_network.ToServer, _network.ToClient) = (null, null);
            _network.Cut();
            // Short timeouts end what the damage holds up; a busy machine may need more than one of them.
            StateItem? after = null;
            await Eventually.Get<Exception?>(
                async () => await Record.ExceptionAsync(async () =>
                {
                    await store.ApplyAsync(new StateSet($"after {at}", "sound"u8.ToArray()), default);
                    after = await store.GetAsync($"after {at}", default);
                }),
                failure => failure is null);
            Assert.Equal("sound", Encoding.UTF8.GetString(after!.Value.Span));
        }
    }

    /// <summary>The first connection from now on is cut where the answer to its first command begins; later ones are sound.</summary>
    private async Task<ComponentException?> LoseTheNextAnswerAsync(Func<Task> write)
    {
        _network.NextToClient = Damage.Truncate(GreetingLength);
        _network.Cut();
        try
        {
            await write();
            return null;
        }
        catch (ComponentException failure)
        {
            return failure;
        }
    }

    /// <summary>As the commit rules say: every failure means unknown, so read back; one's own mark in the value is success.</summary>
    private static async Task IncrementAsync(IStateStore store, string mark)
    {
        while (true)
        {
            var item = await TryAsync(() => store.GetAsync("key", default));
            if (item is null)
            {
                continue;
            }

            var text = Encoding.UTF8.GetString(item.Value.Span);
            if (text.Contains($" {mark} ", StringComparison.Ordinal))
            {
                return;
            }

            await TryAsync(async () =>
            {
                await store.ApplyAsync(
                    new StateSet("key", Number(CountOf(text) + 1, $"{text[text.IndexOf(' ')..]}{mark} "), item.Etag, Concurrency.FirstWrite), default);
                return true;
            });
        }
    }

    private static byte[] Number(int count, string marks) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{count}{(marks.Length == 0 ? " " : marks)}"));

    private static int CountOf(string? text) => int.Parse(text![..text!.IndexOf(' ')], CultureInfo.InvariantCulture);

    private static async Task<T?> TryAsync<T>(Func<Task<T>> act)
    {
        try
        {
            return await act();
        }
        catch (ComponentException)
        {
            return default;
        }
    }

    /// <summary>Else the lost answer would be that the server does not know the script, and nothing would have happened.</summary>
    private static Task TeachScriptsAsync(IStateStore store) => store.ApplyAsync(new StateSet("any", "x"u8.ToArray()), default);

    private Task<IStateStore> StartAsync(params (string Name, string Value)[] more) => _fixture.StartAsync<IStateStore>(
        "state.redis", "app", [("redisHost", $"127.0.0.1:{_network.Port}"), .. more]);

    private static StateSet Set(string value, string? etag) => new("key", Encoding.UTF8.GetBytes(value), etag, Concurrency.FirstWrite);

    private static async Task<(string? Value, string? Etag)> ReadAsync(IStateStore store) =>
        await store.GetAsync("key", default) is { } item ? (Encoding.UTF8.GetString(item.Value.Span), item.Etag) : default;
}
