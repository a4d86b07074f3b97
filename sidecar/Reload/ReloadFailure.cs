using Sidecar.Configuration;

namespace Sidecar.Reload;

/// <summary>
/// Carries the failure of a reload to the host: a component that cannot be used and does not say ignoreErrors stops the
/// sidecar, as it stops daprd. Ending the process is the business of whoever runs it.
/// </summary>
internal sealed class ReloadFailure
{
    private readonly TaskCompletionSource<IReadOnlyList<ConfigurationError>> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with everything that is wrong.</summary>
    public Task<IReadOnlyList<ConfigurationError>> Told => _told.Task;

    public void Tell(IReadOnlyList<ConfigurationError> errors) => _told.TrySetResult(errors);
}
