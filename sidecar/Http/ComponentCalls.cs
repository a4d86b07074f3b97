using Sidecar.Components;
using Sidecar.Metrics;
using Sidecar.Resiliency;

namespace Sidecar.Http;

/// <param name="Fault">Null when the call succeeded.</param>
internal readonly record struct ComponentAnswer<T>(T? Value, ComponentException? Fault);

/// <summary>Calls components under their outbound policy and turns whatever goes wrong into a fault to answer.</summary>
internal sealed class ComponentCalls(ResiliencyPolicies policies, SidecarMetrics metrics, TimeProvider clock)
{
    public async Task<ComponentAnswer<T>> RunAsync<T>(
        ComponentOperation operation, string component, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var answer = await RunAsync(component, call, cancellationToken);
        metrics.ComponentAnswered(operation, component, answer.Fault is null, clock.GetElapsedTime(started));
        return answer;
    }

    private async Task<ComponentAnswer<T>> RunAsync<T>(
        string component, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await policies.OutboundAsync(component, token => OnceAsync(call, token), cancellationToken);
        }
        catch (ComponentException exception)
        {
            return new ComponentAnswer<T>(default, exception);
        }
#pragma warning disable CA1031 // A driver or its client library may throw anything, and a policy its own timeout or open-breaker exception.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return new ComponentAnswer<T>(default, new ComponentException(ComponentFault.Failed, exception.Message, exception));
        }
    }

    // A refusal such as an ETag mismatch is an answer of the store: no policy may retry it or count it as a failure
    // of the component (dapr-contract.md 4.3), so it passes the policy as a value.
    private static async Task<ComponentAnswer<T>> OnceAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return new ComponentAnswer<T>(await call(cancellationToken), null);
        }
        catch (ComponentException exception) when (exception.Fault != ComponentFault.Failed)
        {
            return new ComponentAnswer<T>(default, exception);
        }
    }
}
