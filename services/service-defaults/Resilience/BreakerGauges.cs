using System.Diagnostics.Metrics;
using DaprShop.ServiceDefaults.Telemetry;
using Microsoft.Extensions.Hosting;

namespace DaprShop.ServiceDefaults.Resilience;

/// <summary>The breakers of this process as metrics, by <c>breaker</c>.</summary>
internal sealed class BreakerGauges(CircuitBreakers breakers, IMeterFactory meters) : IHostedService
{
    /// <summary>0: closed; 1: half open; 2: open.</summary>
    public const string State = "shop.breaker.state";

    public const string Refused = "shop.breaker.refused";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create(ShopActivity.SourceName);
        meter.CreateObservableGauge(State, () => Observe(breaker => (int)breaker.State), unit: null, "Circuit breakers: 0 closed, 1 half open, 2 open.");
        meter.CreateObservableCounter(Refused, () => Observe(breaker => breaker.Refused), "{call}", "Calls that a circuit breaker refused.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<Measurement<T>> Observe<T>(Func<CircuitBreaker, T> value)
        where T : struct =>
        breakers.All.Select(breaker => new Measurement<T>(value(breaker), new KeyValuePair<string, object?>("breaker", breaker.Name)));
}
