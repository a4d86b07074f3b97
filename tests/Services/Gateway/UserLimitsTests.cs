using DaprShop.Contracts.Api;
using DaprShop.Gateway.Limits;
using DaprShop.TestKit;

namespace DaprShop.Tests.Gateway;

public sealed class UserLimitsTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly LiveSettings _settings = new();
    private readonly UserLimits _users;

    public UserLimitsTests()
    {
        Limit(perSecond: 10, burst: 5);
        _users = new UserLimits(_settings, _clock);
    }

    public void Dispose() => _users.Dispose();

    [Fact]
    public void TryTake_AtOnce_TheBurstAndNotOneMore()
    {
        Assert.Equal(5, Taken(of: 20));
    }

    [Theory]
    [InlineData(99, 0)]
    [InlineData(100, 1)]
    [InlineData(250, 2)]
    [InlineData(500, 5)]
    [InlineData(60_000, 5)]
    public void TryTake_AfterAPause_WhatTheRateGivesAndNeverMoreThanTheBurst(int milliseconds, int expected)
    {
        Taken(of: 5);

        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

        Assert.Equal(expected, Taken(of: 20));
    }

    [Fact]
    public void TryTake_AnotherUser_HasABucketOfHisOwn()
    {
        Taken(of: 5);

        Assert.Equal((0, 5), (Taken(of: 1), Taken(of: 20, user: "shopper-2")));
    }

    [Fact]
    public void TryTake_BurstIsRaised_TheDifferenceIsThereAtOnce()
    {
        Taken(of: 5);

        Limit(perSecond: 10, burst: 8);

        Assert.Equal(3, Taken(of: 20));
    }

    [Fact]
    public void TryTake_BurstIsLowered_NobodyWaitsForWhatHeTookBefore()
    {
        Taken(of: 5);
        Limit(perSecond: 10, burst: 2);

        var atOnce = Taken(of: 1);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        var next = Taken(of: 20);

        Assert.Equal((0, 1), (atOnce, next));
    }

    [Fact]
    public void TryTake_RateIsRaised_CountsForTheTimeSinceTheLastRequest()
    {
        Taken(of: 5);
        Limit(perSecond: 1000, burst: 5);

        _clock.Advance(TimeSpan.FromMilliseconds(3));

        Assert.Equal(3, Taken(of: 20));
    }

    [Fact]
    public void Users_WhoSendNothingMore_AreForgottenOnceTheirBucketsAreFull()
    {
        Limit(perSecond: 1, burst: 20);
        for (var n = 0; n < 10_000; n++)
        {
            _users.TryTake($"shopper-{n}");
        }

        Taken(of: 20, user: "shopper-5");
        var before = _users.Count;
        _clock.Advance(TimeSpan.FromSeconds(10));
        var after = _users.Count;
        var kept = Taken(of: 20, user: "shopper-5");
        _clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal((10_000, 1, 10, 0), (before, after, kept, _users.Count));
    }

    [Fact]
    public async Task TryTake_FromManyThreads_GivesNotOneTokenTwice()
    {
        Limit(perSecond: 1, burst: 1000);

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Taken(of: 500))));

        Assert.Equal(1000, taken.Sum());
    }

    private int Taken(int of, string user = "shopper-1") => Enumerable.Range(0, of).Count(_ => _users.TryTake(user));

    private void Limit(int perSecond, int burst) => _settings.Set(new ShopSettings(new EdgeLimits(perSecond, burst, ConcurrentRequests: 1), Version: 1));
}
