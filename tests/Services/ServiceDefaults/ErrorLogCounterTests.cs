using DaprShop.ServiceDefaults.Telemetry;
using DaprShop.Tests.Services.Metrics;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.ServiceDefaults;

public sealed class ErrorLogCounterTests
{
    [Fact]
    public void Log_ErrorsAndWorse_AreCounted()
    {
        using var meters = new MeterReader();
        using var counter = new ErrorLogCounter(meters);

        foreach (var level in Enum.GetValues<LogLevel>())
        {
            counter.CreateLogger("Any").Log(level, default, "state", exception: null, (_, _) => throw new InvalidOperationException("Nothing is formatted."));
        }

        Assert.Equal(["2"], meters.Read(ErrorLogCounter.Name));
    }
}
