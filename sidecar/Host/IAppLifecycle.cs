namespace Sidecar.Host;

/// <summary>
/// What starts when the app has become healthy and stops when it turns unhealthy or the sidecar shuts down:
/// subscriptions, input bindings (dapr-contract.md 1.6 step 8, 1.7). Start follows every stop.
/// </summary>
internal interface IAppLifecycle
{
    Task StartAsync(CancellationToken cancellationToken);

    Task StopAsync(CancellationToken cancellationToken);
}
