using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.Tests.Components;
using DaprShop.Tests.Servers;
using Sidecar.Components;
using Sidecar.Components.Configuration;

namespace DaprShop.Tests.Configuration;

/// <summary>
/// What happens to subscriptions of configuration.redis when its server is killed, hangs or forgets its settings, or the network
/// breaks: nothing is missed for good.
/// </summary>
public sealed class RedisConfigurationServerTests(OwnRedis own) : IClassFixture<OwnRedis>, IAsyncLifetime
{
    private readonly LogLines _log = new();
    private ComponentFixture _fixture = null!;
    private RedisItems _items = null!;
    private FaultyProxy _proxy = null!;
    private IConfigurationStore _store = null!;

    private RedisServer Server => own.Redis;

    public async Task InitializeAsync()
    {
        _fixture = new ComponentFixture { UseManualClock = false, Loggers = _log };
        _items = new RedisItems(Server.Port, 0);
        await _items.RunAsync("FLUSHALL");
        await _items.RunAsync("CONFIG", "SET", "notify-keyspace-events", "");
        _proxy = FaultyProxy.Start(Server.Port);
        _store = await StartAsync(Server.Port);
    }

    public async Task DisposeAsync()
    {
        await _fixture.DeleteAsync();
        await _proxy.DisposeAsync();
        await _items.DisposeAsync();
        await Server.StartAgainAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Server_KilledAndStartedAgain_TellsOfWhatChangedMeanwhileAndAfterwards(bool byName)
    {
        await PutAllAsync("before", "changed", "deleted", "kept");
        var recorder = new ChangeRecorder();
        using var subscription = await _store.SubscribeAsync(
            byName ? ["changed", "deleted", "kept", "made"] : [], recorder.HandleAsync, default);
        await Server.KillAsync();
        await Server.StartAgainAsync();

        await _items.PutAsync("changed", "meanwhile");
        await _items.PutAsync("made", "meanwhile");
        await _items.RunAsync("DEL", "deleted");

        await recorder.WaitForAsync("changed=meanwhile");
        await recorder.WaitForAsync("made=meanwhile");
        await recorder.WaitForAsync("deleted=");
        await _items.PutAsync("changed", "afterwards");
        await recorder.WaitForAsync("changed=afterwards");
        Assert.DoesNotContain("kept=before", recorder.Texts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connection_Broken_TellsOfWhatChangedMeanwhile(bool byName)
    {
        await PutAllAsync("before", "changed", "deleted");
        var store = await StartAsync(_proxy.Port);
        var recorder = new ChangeRecorder();
        using var subscription = await store.SubscribeAsync(byName ? ["changed", "deleted"] : [], recorder.HandleAsync, default);
        _proxy.Refuse = true;
        _proxy.Cut();

        await _items.PutAsync("changed", "first");
        await _items.PutAsync("changed", "last");
        await _items.RunAsync("DEL", "deleted");
        _proxy.Refuse = false;

        await recorder.WaitForAsync("changed=last");
        await recorder.WaitForAsync("deleted=");
        Assert.Equal(["changed=last", "deleted="], recorder.Texts.Order());
    }

    [Fact]
    public async Task Connection_SilentButOpen_IsGivenUpAndMadeAnew()
    {
        var store = await StartAsync(_proxy.Port, ("readTimeout", "2s"));
        var recorder = new ChangeRecorder();
        using var subscription = await store.SubscribeAsync(["key"], recorder.HandleAsync, default);
        var connections = _proxy.Accepted;

        _proxy.Blackhole = true;
        await _items.PutAsync("key", "lost on the way");
        await Eventually.True(() => _log.Lines.Any(line => line.Contains("cannot be followed", StringComparison.Ordinal)));
        _proxy.Cut();
        _proxy.Blackhole = false;

        await recorder.WaitForAsync("key=lost on the way");
        Assert.True(_proxy.Accepted > connections, $"{_proxy.Accepted} connections");
    }

    [Theory]
    [InlineData(0, 0x00)]
    [InlineData(0, 0x20)]
    [InlineData(8, 0x00)]
    [InlineData(8, 0x20)]
    [InlineData(30, 0x01)]
    [InlineData(60, 0x00)]
    [InlineData(60, 0xFF)]
    [InlineData(120, 0x02)]
    public async Task Connection_DamagedAtAnyByte_IsMadeAnewAndTheValueArrives(int at, byte mask)
    {
        var store = await StartAsync(_proxy.Port, ("readTimeout", "1s"));
        var recorder = new ChangeRecorder();
        using var subscription = await store.SubscribeAsync(["key"], recorder.HandleAsync, default);
        _proxy.ToClient = new Damage(at, mask);
        _proxy.Cut();
        var connections = _proxy.Accepted;

        await _items.PutAsync("key", "value");
        await Eventually.True(() => _proxy.Accepted > connections + 1);
        _proxy.ToClient = null;
        _proxy.Cut();

        await recorder.WaitForAsync("key=value");
    }

    [Fact]
    public async Task Server_Paused_FailsReadsInTimeAndTellsAfterwards()
    {
        var store = await StartAsync(Server.Port, ("readTimeout", "2s"));
        var recorder = new ChangeRecorder();
        using var subscription = await store.SubscribeAsync(["key"], recorder.HandleAsync, default);
        await Server.PauseAsync();

        var reading = await Record.ExceptionAsync(() => store.GetAsync(["key"], default).WaitAsync(TimeSpan.FromSeconds(60)));
        var subscribing = await Record.ExceptionAsync(
            () => store.SubscribeAsync(["key"], recorder.HandleAsync, default).WaitAsync(TimeSpan.FromSeconds(60)));
        await Server.ResumeAsync();
        await _items.PutAsync("key", "value");

        Assert.IsType<ComponentException>(reading);
        Assert.IsType<ComponentException>(subscribing);
        await recorder.WaitForAsync("key=value");
    }

    [Fact]
    public async Task Server_Away_GetAndSubscribeFail()
    {
        await Server.KillAsync();

        var reading = await Record.ExceptionAsync(() => _store.GetAsync([], default));
        var subscribing = await Record.ExceptionAsync(() => _store.SubscribeAsync([], new ChangeRecorder().HandleAsync, default));

        Assert.StartsWith($"redis at 127.0.0.1:{Server.Port}: ", Assert.IsType<ComponentException>(reading).Message, StringComparison.Ordinal);
        Assert.IsType<ComponentException>(subscribing);
    }

    [Theory]
    [InlineData("", "g$xeK")]
    [InlineData("Elm", "g$lxeKEm")]
    [InlineData("KEA", "AKE")]
    public async Task Subscribe_NotificationSetting_IsCompletedAndKeepsWhatOthersSet(string before, string after)
    {
        await _items.RunAsync("CONFIG", "SET", "notify-keyspace-events", before);

        using var subscription = await _store.SubscribeAsync(["key"], new ChangeRecorder().HandleAsync, default);

        Assert.Equal(after.Order(), (await _items.RunAsync("CONFIG", "GET", "notify-keyspace-events")).Items[1].Text.Order());
    }

    [Fact]
    public async Task Notifications_SwitchedOffBySomebody_AreSwitchedOnAgainAndNothingIsMissed()
    {
        var (first, second) = (new ChangeRecorder(), new ChangeRecorder());
        using var one = await _store.SubscribeAsync([], first.HandleAsync, default);
        using var two = await _store.SubscribeAsync([], second.HandleAsync, default);
        await _items.RunAsync("CONFIG", "SET", "notify-keyspace-events", "");

        await _items.PutAsync("key", "in silence");

        await first.WaitForAsync("key=in silence");
        await second.WaitForAsync("key=in silence");
        await _items.PutAsync("key", "told");
        await first.WaitForAsync("key=told");
        await second.WaitForAsync("key=told");
    }

    [Fact]
    public async Task Notifications_ThatMayNotBeSwitchedOn_AreReplacedByComparing()
    {
        await _items.RunAsync("ACL", "SETUSER", "reader", "on", ">secret", "~*", "&*", "+@all", "-config");
        var store = await StartAsync(Server.Port, ("redisUsername", "reader"), ("redisPassword", "secret"));
        var recorder = new ChangeRecorder();
        using var subscription = await store.SubscribeAsync(["key"], recorder.HandleAsync, default);

        await _items.PutAsync("key", "value");

        await recorder.WaitForAsync("key=value");
        Assert.Single(_log.Lines, line => line.StartsWith("Warning: ", StringComparison.Ordinal)
            && line.Contains("does not let notify-keyspace-events be switched on", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Subscribe_ChannelsThatAreForbidden_Fails()
    {
        await _items.RunAsync("ACL", "SETUSER", "deaf", "on", ">secret", "~*", "resetchannels", "+@all");
        var store = await StartAsync(Server.Port, ("redisUsername", "deaf"), ("redisPassword", "secret"));

        var failure = await Assert.ThrowsAsync<ComponentException>(
            () => store.SubscribeAsync(["key"], new ChangeRecorder().HandleAsync, default));

        Assert.Contains("it refuses to tell of changes: NOPERM", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Database_Emptied_IsToldAsDeletions()
    {
        await _items.PutAsync("key", "value");
        var recorder = new ChangeRecorder();
        using var subscription = await _store.SubscribeAsync(["key"], recorder.HandleAsync, default);

        await _items.RunAsync("FLUSHDB");

        await recorder.WaitForAsync("key=");
    }

    [Fact]
    public async Task Subscribe_MoreKeysThanAreRemembered_EndsWithTheLastOfEach()
    {
        var gate = new TaskCompletionSource();
        var recorder = new ChangeRecorder { Then = token => gate.Task.WaitAsync(token) };
        using var subscription = await _store.SubscribeAsync([], recorder.HandleAsync, default);
        await _items.PutAsync("first", "1");
        await recorder.WaitForAsync("first=1");

        await _items.PutAllAsync(Enumerable.Range(0, 12_000).Select(n => ($"key{n}", "1")));
        gate.SetResult();

        await Eventually.Get(() => recorder.Changes.Select(change => change.Key).Distinct().Count(), count => count == 12_001);
    }

    private async Task PutAllAsync(string value, params string[] keys) => await _items.PutAllAsync(keys.Select(key => (key, value)));

    private Task<IConfigurationStore> StartAsync(int port, params (string Name, string Value)[] metadata) =>
        _fixture.StartAsync<IConfigurationStore>("configuration.redis", "app", [("redisHost", $"127.0.0.1:{port}"), .. metadata]);
}
