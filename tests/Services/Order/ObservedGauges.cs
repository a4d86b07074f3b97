using System.Diagnostics.Metrics;
using DaprShop.Order.Operations;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.Services.Order;

/// <summary>The gauges of the invariants, and what an exporter would read of them now.</summary>
internal sealed class ObservedGauges : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Dictionary<string, double> _read = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public ObservedGauges(TimeProvider clock)
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == meters)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((_, value, tags, _) => _read[(string)tags[0].Value!] = value);
        _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => _read[instrument.Name] = value);
        Gauges = new InvariantGauges(meters, clock);
        _listener.Start();
    }

    public InvariantGauges Gauges { get; }

    /// <summary>By check, and by name for a gauge without checks.</summary>
    public IReadOnlyDictionary<string, double> Read()
    {
        _read.Clear();
        _listener.RecordObservableInstruments();
        return new Dictionary<string, double>(_read);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }
}
