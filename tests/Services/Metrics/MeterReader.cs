using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace DaprShop.Tests.Services.Metrics;

/// <summary>Meters of one test, and what an exporter would read of them: <c>name{tag,tag}</c> with tag values in the order they were given.</summary>
internal sealed class MeterReader : IMeterFactory
{
    private readonly List<Meter> _meters = [];
    private readonly ConcurrentDictionary<string, double> _sums = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public MeterReader()
        : this(scope: null)
    {
    }

    /// <param name="scope">Whose meters are read; null: this factory's.</param>
    public MeterReader(IMeterFactory? scope)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == (scope ?? this))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    /// <summary>Sums of counters and histograms, present values of what is observed.</summary>
    public IReadOnlyDictionary<string, double> Read()
    {
        _listener.RecordObservableInstruments();
        return new SortedDictionary<string, double>(_sums, StringComparer.Ordinal);
    }

    /// <summary>Those of one instrument, as <c>tag,tag value</c>; zeros left out.</summary>
    public IReadOnlyList<string> Read(string instrument) =>
    [
        .. Read()
            .Where(one => one.Value != 0 && (one.Key == instrument || one.Key.StartsWith(instrument + "{", StringComparison.Ordinal)))
            .Select(one => FormattableString.Invariant($"{one.Key[instrument.Length..].Trim('{', '}')} {one.Value}").Trim()),
    ];

    public void Dispose()
    {
        _listener.Dispose();
        _meters.ForEach(meter => meter.Dispose());
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = tags.Length == 0 ? instrument.Name : $"{instrument.Name}{{{string.Join(',', tags.ToArray().Select(tag => tag.Value))}}}";
        _sums.AddOrUpdate(key, value, (_, sum) => instrument.IsObservable ? value : sum + value);
    }
}
