using Sidecar.Configuration;
using Sidecar.Grpc;
using Sidecar.Host;
using Sidecar.Invocation;

namespace Sidecar.AccessControl;

/// <summary>
/// spec.accessControl of the app's Configuration (dapr-contract.md 7.5), asked with the very path that the app gets. Frameworks read a path
/// in more ways than one, so a call passes only if every reading of its path passes: as it is, with escapes resolved once more,
/// without path parameters, and in either case.
/// </summary>
internal sealed class AccessList(SidecarOptions options, SidecarResources resources)
{
    private readonly AccessControlSpec? _spec = resources.Configuration.AccessControl;

    /// <summary>Of this sidecar's own app when it calls others.</summary>
    public string TrustDomain => _spec?.TrustDomain ?? AccessControlSpec.DefaultTrustDomain;

    /// <summary>Throws <see cref="InvocationRefusedException"/> when the call is not allowed.</summary>
    /// <param name="path">As it goes to the app, without a query.</param>
    public void Check(Caller caller, string path, string verb)
    {
        // An app that calls itself never leaves its sidecar, which asks nobody, as with daprd.
        if (_spec is null || (caller.AppId == options.AppId && caller.Namespace == options.Namespace))
        {
            return;
        }

        if (!PathReadings.Of(path).All(reading => IsAllowed(caller, reading, verb)))
        {
            throw new InvocationRefusedException(
                GrpcStatusCode.PermissionDenied, $"access control policy has denied access to id: {caller.AppId} operation: {path} verb: {verb}");
        }
    }

    private bool IsAllowed(Caller caller, string path, string verb)
    {
        var policy = _spec!.Policies.FirstOrDefault(policy => policy.AppId == caller.AppId && policy.Namespace == caller.Namespace);
        if (policy is null || policy.TrustDomain != caller.TrustDomain)
        {
            return _spec.Allows;
        }

        var byDefault = policy.Allows ?? _spec.Allows;
        return options.AppSpeaksGrpc
            ? Allows(path, ignoreCase: false) && Allows(path, ignoreCase: true)
            : OperationPattern.Find(policy.Operations, path, ignoreCase: true) is { } operation && Names(operation, verb) ? operation.Allows : byDefault;

        bool Allows(string operation, bool ignoreCase) =>
            OperationPattern.Find(policy.Operations, operation, ignoreCase)?.Allows ?? byDefault;
    }

    private static bool Names(AccessOperation operation, string verb) =>
        operation.Verbs.Any(named => named == "*" || named.Equals(verb, StringComparison.OrdinalIgnoreCase));
}
