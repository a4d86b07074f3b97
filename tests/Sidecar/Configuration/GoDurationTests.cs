using Sidecar.Configuration;

namespace DaprShop.Tests.Configuration;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("500ms", 500)]
    [InlineData("1.5s", 1500)]
    [InlineData("1h2m3s", 3_723_000)]
    [InlineData("-2m", -120_000)]
    [InlineData("+1s", 1000)]
    public void TryParse_GoText_GivesTheDuration(string text, double milliseconds)
    {
        var parsed = GoDuration.TryParse(text, out var duration);

        Assert.True(parsed);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5")]
    [InlineData("5 s")]
    [InlineData("s")]
    [InlineData("1.2.3s")]
    [InlineData("1d")]
    [InlineData("99999999999999h")]
    public void TryParse_AnythingElse_IsRefused(string? text) => Assert.False(GoDuration.TryParse(text, out _));

    [Theory]
    [InlineData("20", 20_000)]
    [InlineData("1.5", 1500)]
    [InlineData(" 250ms ", 250)]
    [InlineData("-1", -1000)]
    public void TryParse_WithABareUnit_CountsNumbersInIt(string text, double milliseconds)
    {
        var parsed = GoDuration.TryParse(text, TimeSpan.FromSeconds(1), out var duration);

        Assert.True(parsed);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(0.0015, "1.5µs")]
    [InlineData(500, "500ms")]
    [InlineData(1500, "1.5s")]
    [InlineData(60_000, "1m0s")]
    [InlineData(3_600_000, "1h0m0s")]
    [InlineData(-3_723_000, "-1h2m3s")]
    public void Format_ADuration_WritesWhatGoWrites(double milliseconds, string text) =>
        Assert.Equal(text, GoDuration.Format(TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond))));

    [Fact]
    public void Format_AnyDuration_ParsesBackToItself()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);

        for (var i = 0; i < 2000; i++)
        {
            var duration = TimeSpan.FromTicks(random.NextInt64(-TimeSpan.TicksPerDay, TimeSpan.TicksPerDay) >> random.Next(0, 30));
            Assert.True(GoDuration.TryParse(GoDuration.Format(duration), out var parsed), $"seed {seed}: {duration}");
            Assert.True(duration == parsed, $"seed {seed}: {duration} became {parsed}");
        }
    }
}
