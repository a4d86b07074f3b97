using System.Diagnostics.Metrics;

namespace DaprShop.ServiceDefaults.Telemetry;

/// <summary>Histograms of what takes from a fraction of a second to the end of a payment window.</summary>
public static class Durations
{
    private static readonly InstrumentAdvice<double> Bounds = new()
    {
        HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1800, 3600],
    };

    public static Histogram<double> CreateDurations(this Meter meter, string name, string description)
    {
        ArgumentNullException.ThrowIfNull(meter);
        return meter.CreateHistogram(name, "s", description, tags: null, Bounds);
    }
}
