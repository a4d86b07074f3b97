using System.Diagnostics.Metrics;
using System.Net;
using DaprShop.Catalog;
using DaprShop.ServiceDefaults.Resilience;
using DaprShop.TestKit;

namespace DaprShop.Tests.Services.Resilience;

/// <summary>A whole service whose store is away, and comes back.</summary>
public sealed class StoreBreakerTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private FakeSidecar _sidecar = null!;
    private RunningService _catalog = null!;
    private int _products;

    public async Task InitializeAsync()
    {
        _sidecar = await FakeSidecar.StartAsync();
        _catalog = await RunningService.StartAsync(CatalogHost.Build, _sidecar, _clock);
        Assert.Equal(HttpStatusCode.NotFound, (await ReadAsync()).StatusCode);
    }

    public async Task DisposeAsync()
    {
        await _catalog.DisposeAsync();
        await _sidecar.DisposeAsync();
    }

    [Fact]
    public async Task StoreFails_RequestsAreRefusedWithoutAskingItUntilItIsBack()
    {
        _sidecar.StoreIsUp = false;
        await Eventually.Get(
            async () =>
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, (await ReadAsync()).StatusCode);
                return await StateAsync();
            },
            state => state == "open");
        var asked = _sidecar.StoreAsked;

        var refused = await ReadAsync();
        var health = await _catalog.SendAsync(HttpMethod.Get, "/health");
        var gauge = Gauge();

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "1"), (refused.StatusCode, refused.Headers.GetValues("Retry-After").Single()));
        Assert.Equal("dependency-unavailable", await refused.ProblemAsync());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Equal(2, gauge);
        Assert.Equal(asked, _sidecar.StoreAsked);

        _sidecar.StoreIsUp = true;
        _clock.Advance(TimeSpan.FromSeconds(1));

        // The service's own work may be what asks first; until it knows, others are refused.
        await Eventually.Get(async () => (await ReadAsync()).StatusCode, status => status == HttpStatusCode.NotFound);
        Assert.Equal(("closed", 0), (await StateAsync(), Gauge()));
    }

    /// <summary>Another product each time, of which no cache knows that it is missing.</summary>
    private Task<HttpResponseMessage> ReadAsync() => _catalog.SendAsync(HttpMethod.Get, $"/api/v1/products/SKU-9{_products++}");

    private async Task<string> StateAsync()
    {
        var health = await (await _catalog.SendAsync(HttpMethod.Get, "/health")).JsonAsync();
        return health.GetProperty("breakers").GetProperty("statestore").GetString()!;
    }

    private int Gauge()
    {
        var meters = _catalog.Get<IMeterFactory>();
        var value = -1;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == meters && instrument.Name == BreakerGauges.State)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((_, state, tags, _) => value = tags[0].Value is "statestore" ? state : value);
        listener.Start();
        listener.RecordObservableInstruments();
        return value;
    }
}
