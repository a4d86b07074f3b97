using System.Diagnostics.Metrics;

namespace DaprShop.Tests.Simulation.Shop;

/// <summary>
/// The meters of one run. The runtime lists every meter until it is disposed of, and the gauges of a service hold all of it: without this each run would
/// stay in memory.
/// </summary>
internal sealed class RunMeters : IMeterFactory
{
    private readonly List<Meter> _meters = [];

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public void Dispose() => _meters.ForEach(meter => meter.Dispose());
}
