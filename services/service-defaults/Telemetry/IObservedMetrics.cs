using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.ServiceDefaults.Telemetry;

/// <summary>Instruments that an exporter reads and nobody writes: made at the start, when there is an exporter.</summary>
public interface IObservedMetrics;

public static class ObservedMetricsSetup
{
    public static void AddObservedMetrics<TMetrics>(this IServiceCollection services)
        where TMetrics : class, IObservedMetrics
    {
        services.AddSingleton<TMetrics>();
        services.AddSingleton<IObservedMetrics>(provider => provider.GetRequiredService<TMetrics>());
    }
}
