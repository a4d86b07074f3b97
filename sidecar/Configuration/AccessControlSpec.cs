namespace Sidecar.Configuration;

/// <summary>Who may call what of the app (dapr-contract.md 7.5).</summary>
/// <param name="Allows">The default for callers without a policy.</param>
internal sealed record AccessControlSpec(bool Allows, string TrustDomain, IReadOnlyList<AccessPolicy> Policies)
{
    public const string DefaultTrustDomain = "public";
}

/// <param name="Allows">For operations that it does not name; null: the default of the whole list.</param>
internal sealed record AccessPolicy(string AppId, string TrustDomain, string Namespace, bool? Allows, IReadOnlyList<AccessOperation> Operations);

/// <param name="Name">A path that may hold *; always with its slash in front.</param>
/// <param name="Verbs">Empty: the operation says nothing about HTTP calls.</param>
internal sealed record AccessOperation(string Name, IReadOnlyList<string> Verbs, bool Allows);
