using Sidecar.Resiliency;

namespace DaprShop.Tests.Resiliency;

public sealed class RetryPolicyTests
{
    [Fact]
    public void DelayBefore_Constant_IsTheDurationUntilTheRetriesAreUsedUp()
    {
        var policy = new RetryPolicy { Duration = TimeSpan.FromMilliseconds(200), MaxRetries = 2 };

        Assert.Equal(TimeSpan.FromMilliseconds(200), policy.DelayBefore(1, TimeSpan.Zero, 0.5));
        Assert.Equal(TimeSpan.FromMilliseconds(200), policy.DelayBefore(2, TimeSpan.FromDays(1), 0.5));
        Assert.Null(policy.DelayBefore(3, TimeSpan.Zero, 0.5));
    }

    [Theory]
    [InlineData(1, 0.5, 500)]
    [InlineData(2, 0.5, 750)]
    [InlineData(3, 0.5, 1125)]
    [InlineData(1, 0.0, 250)]
    [InlineData(1, 1.0, 750)]
    [InlineData(50, 0.5, 5000)]
    [InlineData(50, 1.0, 7500)]
    public void DelayBefore_Exponential_GrowsByHalfWithHalfJitterUpToTheMaximum(int retry, double jitter, int expected)
    {
        var policy = new RetryPolicy { Exponential = true, MaxInterval = TimeSpan.FromSeconds(5) };

        var delay = policy.DelayBefore(retry, TimeSpan.Zero, jitter);

        Assert.Equal(TimeSpan.FromMilliseconds(expected), delay);
    }

    [Fact]
    public void DelayBefore_Exponential_GivesUpAfterAQuarterOfAnHour()
    {
        var policy = new RetryPolicy { Exponential = true };

        Assert.NotNull(policy.DelayBefore(1, TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1), 0.5));
        Assert.Null(policy.DelayBefore(1, TimeSpan.FromMinutes(15), 0.5));
    }

    [Theory]
    [InlineData("500-599,429", 503, true)]
    [InlineData("500-599,429", 429, true)]
    [InlineData("500-599,429", 400, false)]
    [InlineData(null, 400, true)]
    [InlineData("", 400, true)]
    [InlineData(null, 42, false)]
    public void Matching_OfHttpCodes_FollowsTheRanges(string? ranges, int code, bool expected)
    {
        var match = StatusCodeMatch.Parse(ranges, "1,14", out var error);

        Assert.Null(error);
        Assert.Equal(expected, match!.WorthRetry(code));
        Assert.True(match.WorthRetry(14));
        Assert.False(match.WorthRetry(2));
    }

    [Theory]
    [InlineData("5xx")]
    [InlineData("500-")]
    [InlineData("599-500")]
    [InlineData("1-2-3")]
    [InlineData("99")]
    [InlineData("600")]
    public void Matching_ThatIsNoListOfCodes_IsAnError(string ranges)
    {
        var match = StatusCodeMatch.Parse(ranges, null, out var error);

        Assert.Null(match);
        Assert.Equal($"'{ranges}' is not a status code or a range of codes between 100 and 599", error);
    }
}
