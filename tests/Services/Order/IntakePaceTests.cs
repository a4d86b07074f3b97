using DaprShop.Order.Log;
using DaprShop.Order.Placing;
using DaprShop.Order.Saga;
using DaprShop.TestKit;
using Microsoft.Extensions.Options;

namespace DaprShop.Tests.Services.Order;

public sealed class IntakePaceTests
{
    private readonly ManualClock _clock = new();
    private readonly OrderTails _tails = new();
    private readonly IntakePace _pace;
    private int _taken;

    public IntakePaceTests() => _pace = new IntakePace(_tails, Options.Create(new IntakeOptions { MaxBacklog = 10 }), _clock);

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    public async Task Run_NoCrowd_TakesInAtOnce(int batch)
    {
        _pace.Accepting(batch);

        await TakeInAsync();

        Assert.Equal(1, _taken);
    }

    [Fact]
    public async Task Run_Crowd_TakesInOneAfterTheOther()
    {
        _pace.Accepting(16);
        var all = Enumerable.Range(0, 3).Select(_ => TakeInAsync()).ToList();
        Assert.Equal(0, _taken);

        var breaths = 0;
        await Eventually.True(() =>
        {
            Assert.InRange(Volatile.Read(ref _taken), 0, breaths);
            _pace.Accepting(16);
            breaths++;
            _clock.Advance(TimeSpan.FromMilliseconds(200));
            return Volatile.Read(ref _taken) == 3;
        });

        await Task.WhenAll(all);
    }

    [Fact]
    public async Task Run_CrowdIsOver_TheRestFollowsAtOnce()
    {
        _pace.Accepting(16);
        var all = Enumerable.Range(0, 3).Select(_ => TakeInAsync()).ToList();

        _clock.Advance(TimeSpan.FromSeconds(2));

        await Task.WhenAll(all);
        Assert.Equal(3, _taken);
    }

    [Fact]
    public async Task Run_HalfOfTheBacklogIsUsedUp_TakesInAtOnceDespiteTheCrowd()
    {
        for (var n = 0; n < 5; n++)
        {
            _tails.Add(SampleOrders.One($"o-{n}"));
        }

        _pace.Accepting(16);
        await TakeInAsync();

        Assert.Equal(1, _taken);
    }

    private Task TakeInAsync() => _pace.RunAsync(
        () =>
        {
            Interlocked.Increment(ref _taken);
            return Task.CompletedTask;
        },
        CancellationToken.None);
}
