namespace Sidecar.AccessControl;

/// <summary>
/// Who calls, as the caller's own sidecar says: in one process it is that sidecar itself, from another one it is let in by the secret of
/// the register. There are no certificates here that would prove more.
/// </summary>
/// <param name="AppId">Empty: nobody said.</param>
internal sealed record Caller(string AppId, string Namespace, string TrustDomain);
