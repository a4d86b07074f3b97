using Dapr.Client;
using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Json;
using DaprShop.ServiceDefaults.Resilience;
using DaprShop.ServiceDefaults.State;
using DaprShop.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaprShop.Tests.Services.State;

/// <summary>A document store over a sidecar that misbehaves as told.</summary>
internal sealed class FaultyStore : IAsyncDisposable
{
    private FaultyStore(FaultyStateSidecar sidecar, DaprClient dapr, TimeProvider clock)
    {
        // To a clock that a test moves on by minutes, every call under way would hang.
        var limits = clock is ManualClock ? TimeProvider.System : clock;
        (Sidecar, Dapr) = (sidecar, dapr);
        Calls = new StoreCalls(new CircuitBreakers(limits, NullLogger<CircuitBreaker>.Instance), limits);
        Documents = new DocumentStore(dapr, Calls, new IdSource(), clock);
        Locks = new ContentionLock(dapr, new IdSource(), limits);
        Events = new EventPublisher(new BulkPublishClient(new HttpClient { BaseAddress = new Uri(sidecar.Address) }));
    }

    public FaultyStateSidecar Sidecar { get; }

    public DaprClient Dapr { get; }

    public StoreCalls Calls { get; }

    public DocumentStore Documents { get; }

    public ContentionLock Locks { get; }

    public EventPublisher Events { get; }

    public static async Task<FaultyStore> StartAsync(TimeProvider? clock = null)
    {
        var sidecar = await FaultyStateSidecar.StartAsync();
        var dapr = new DaprClientBuilder()
            .UseHttpEndpoint(sidecar.Address)
            .UseJsonSerializationOptions(ShopJson.Documents)
            .Build();
        return new FaultyStore(sidecar, dapr, clock ?? TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await Events.DisposeAsync();
        Dapr.Dispose();
        await Sidecar.DisposeAsync();
    }
}

/// <summary>Real time; while it hurries, timers fire twenty times as fast: what gives up after seconds does so at once.</summary>
internal sealed class HastyClock : TimeProvider
{
    /// <summary>For calls that hang. On a busy machine one that does not may take as long, so what is called then must be repeated.</summary>
    public bool Hurries { get; set; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, Hurries && dueTime > TimeSpan.Zero ? dueTime / 20 : dueTime, period);
}
