namespace Sidecar.Host;

/// <summary>
/// Carries POST /v1.0/shutdown to the host. Exiting the process is the business of whoever runs it: with the launcher
/// it holds the other apps' sidecars too.
/// </summary>
internal sealed class ShutdownRequest
{
    private readonly TaskCompletionSource<bool> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a client asked; true: at once, without grace.</summary>
    public Task<bool> Asked => _asked.Task;

    public void Ask(bool force) => _asked.TrySetResult(force);
}
