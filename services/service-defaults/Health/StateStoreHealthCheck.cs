using Dapr;
using Dapr.Client;
using DaprShop.ServiceDefaults.State;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DaprShop.ServiceDefaults.Health;

/// <summary>Reads a key that never exists: the round trip through the sidecar to the store is what is asked for.</summary>
internal sealed class StateStoreHealthCheck(DaprClient dapr) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await dapr.GetStateAsync<object?>(DocumentStore.Component, "health-probe", cancellationToken: cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (DaprException)
        {
            return HealthCheckResult.Unhealthy("The state store does not answer.");
        }
    }
}
