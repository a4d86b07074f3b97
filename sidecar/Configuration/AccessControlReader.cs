namespace Sidecar.Configuration;

/// <summary>Reads spec.accessControl of kind Configuration. A word that is neither allow nor deny is an error, not a denial found later.</summary>
internal static class AccessControlReader
{
    /// <summary>Null: nothing is restricted.</summary>
    public static AccessControlSpec? Read(YamlMember control)
    {
        if (!control.IsPresent)
        {
            return null;
        }

        control.KnownMembers("defaultAction", "trustDomain", "policies");
        var policies = control["policies"].Items().Select(Policy).ToList();
        var byDefault = Action(control["defaultAction"]);
        var trustDomain = control["trustDomain"].Text() ?? "";
        foreach (var twice in policies.GroupBy(policy => (policy.AppId, policy.Namespace)).Where(group => group.Count() > 1))
        {
            control["policies"].Error($"'{twice.Key.AppId}' of namespace '{twice.Key.Namespace}' has more than one policy");
        }

        // An empty list restricts nothing; one without a default denies whom it does not name.
        return byDefault is null && trustDomain.Length == 0 && policies.Count == 0
            ? null
            : new AccessControlSpec(byDefault ?? false, trustDomain.Length > 0 ? trustDomain : AccessControlSpec.DefaultTrustDomain, policies);
    }

    private static AccessPolicy Policy(YamlMember policy)
    {
        policy.KnownMembers("appId", "defaultAction", "trustDomain", "namespace", "operations");
        return new AccessPolicy(
            policy["appId"].RequiredText(),
            policy["trustDomain"].RequiredText(),
            policy["namespace"].RequiredText(),
            Action(policy["defaultAction"]),
            [.. policy["operations"].Items().Select(Operation)]);
    }

    private static AccessOperation Operation(YamlMember operation)
    {
        operation.KnownMembers("name", "httpVerb", "action");
        var name = operation["name"].RequiredText();
        if (!operation["action"].IsPresent)
        {
            operation["action"].Error("is required: allow or deny");
        }

        return new AccessOperation(
            name.StartsWith('/') ? name : $"/{name}",
            [.. operation["httpVerb"].Items().Select(verb => verb.RequiredText())],
            Action(operation["action"]) ?? false);
    }

    private static bool? Action(YamlMember action)
    {
        switch ((action.Text() ?? "").ToUpperInvariant())
        {
            case "":
                return null;
            case "ALLOW":
                return true;
            case "DENY":
                return false;
            default:
                action.Error($"must be allow or deny, not '{action.Text()}'");
                return false;
        }
    }
}
