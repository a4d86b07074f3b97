using Dapr.Client;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DaprShop.ServiceDefaults.Health;

/// <summary>
/// Reads a key that never exists: the round trip through the sidecar to the store is what is asked for. It counts as a call, so that a service without
/// requests learns of a store that is away, and that it is back.
/// </summary>
internal sealed class StateStoreHealthCheck(DaprClient dapr, StoreCalls calls) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await calls.AskAsync(
                limited => dapr.GetStateAsync<object?>(DocumentStore.Component, "health-probe", cancellationToken: limited), cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (DependencyUnavailableException)
        {
            return HealthCheckResult.Unhealthy("The state store does not answer.");
        }
    }
}
