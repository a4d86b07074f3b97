namespace Sidecar.Host;

/// <summary>What the two health endpoints answer from (dapr-contract.md 1.5, 1.6).</summary>
internal sealed class SidecarHealth
{
    private volatile bool _outbound;
    private volatile bool _app;

    /// <summary>Components are initialised and both API servers listen; the app may still be starting.</summary>
    public bool IsOutboundReady => _outbound;

    /// <summary>The app was reached and its subscriptions and bindings run.</summary>
    public bool IsReady => _outbound && _app;

    /// <summary>What is still waited for.</summary>
    public IReadOnlyList<string> Waiting =>
        (_outbound, _app) switch
        {
            (true, true) => [],
            (true, false) => ["app"],
            (false, true) => ["api-servers"],
            _ => ["api-servers", "app"],
        };

    public void SetOutbound(bool isReady) => _outbound = isReady;

    public void SetApp(bool isReady) => _app = isReady;
}
