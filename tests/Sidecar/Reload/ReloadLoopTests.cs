using System.Threading.Channels;
using DaprShop.TestKit;
using Sidecar.Reload;

namespace DaprShop.Tests.Reload;

public sealed class ReloadLoopTests : IAsyncLifetime
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualClock _clock = new();
    private readonly Channel<bool> _changes = Channel.CreateUnbounded<bool>();
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private volatile int _looks;
    private volatile bool _isSettled = true;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    [Fact]
    public async Task Time_WithoutAChange_LooksOnceAMinute()
    {
        await RunAsync(Minute);

        _clock.Advance(Minute - TimeSpan.FromSeconds(1));
        Assert.Equal(0, _looks);

        _clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.True(() => _looks == 1);
    }

    [Fact]
    public async Task Change_LongBeforeTheRescan_IsLookedAtOnceItIsQuiet()
    {
        await RunAsync(TimeSpan.FromDays(1));

        _changes.Writer.TryWrite(true);
        await Eventually.True(() => _changes.Reader.Count == 0);
        Assert.Equal(0, _looks);

        await Eventually.True(() =>
        {
            _clock.Advance(ReloadLoop.Quiet);
            return _looks == 1;
        });
    }

    [Fact]
    public async Task Look_ThatIsNotSettled_IsRepeatedAfterASecond()
    {
        _isSettled = false;
        await RunAsync(Minute);
        _clock.Advance(Minute);
        await Eventually.True(() => _looks == 1);

        await Eventually.True(() =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            return _looks == 2;
        });
    }

    private async Task RunAsync(TimeSpan interval)
    {
        _loop = new ReloadLoop(_changes.Reader, interval, _clock, _ =>
        {
            Interlocked.Increment(ref _looks);
            return Task.FromResult(_isSettled);
        }).RunAsync(_stop.Token);
        await Eventually.True(() => _clock.PendingTimers == 1);
    }
}
