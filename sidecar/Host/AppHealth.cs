namespace Sidecar.Host;

/// <summary>
/// Whether the app may be called (dapr-contract.md 1.7): false until its port was reached and, with health checks on,
/// until the first good probe. The app channel refuses calls while it is false.
/// </summary>
internal sealed class AppHealth
{
    private volatile bool _isHealthy;

    /// <summary>Raised after each change, on the thread that watches the app.</summary>
    public event Action? Changed;

    public bool IsHealthy => _isHealthy;

    public void Set(bool isHealthy)
    {
        if (_isHealthy != isHealthy)
        {
            _isHealthy = isHealthy;
            Changed?.Invoke();
        }
    }
}
