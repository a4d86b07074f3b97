using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using DaprShop.ServiceDefaults.Messaging;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.Services.Messaging;

/// <summary>What one service has counted, such as <c>orders orders-to-notification delivered</c>.</summary>
internal sealed class CountedMessages : IDisposable
{
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public CountedMessages(RunningService service)
    {
        var meters = service.Get<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == MessageCounters.Name && instrument.Meter.Scope == meters)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
            _counts.AddOrUpdate(string.Join(' ', tags.ToArray().Select(tag => tag.Value)), value, (_, sum) => sum + value));
        // Counters are made when first asked for.
        service.Get<MessageCounters>();
        _listener.Start();
    }

    public IReadOnlyList<string> All => [.. _counts.Select(count => $"{count.Key} {count.Value}").Order(StringComparer.Ordinal)];

    public void Dispose() => _listener.Dispose();
}
