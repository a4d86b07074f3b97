namespace Sidecar.Configuration;

/// <summary>Which secrets of one store the app may read through the API (spec.secrets.scopes, dapr-contract.md 3.5).</summary>
internal sealed record SecretScope(
    string StoreName, bool DefaultAllows, IReadOnlySet<string> Allowed, IReadOnlySet<string> Denied)
{
    /// <summary>A list of allowed secrets is the whole truth: beside it neither the denied ones nor the default are asked.</summary>
    public bool Allows(string key) => Allowed.Count > 0 ? Allowed.Contains(key) : !Denied.Contains(key) && DefaultAllows;

    /// <summary>The list of a later file takes the place of an earlier one's, as every list does.</summary>
    public static IReadOnlyList<SecretScope> Read(YamlMember secrets, IReadOnlyList<SecretScope> earlier)
    {
        secrets.KnownMembers("scopes");
        var list = secrets["scopes"];
        return list.IsPresent ? ReadAll(list) : earlier;
    }

    private static List<SecretScope> ReadAll(YamlMember list)
    {
        var scopes = new List<SecretScope>();
        foreach (var item in list.Items())
        {
            item.KnownMembers("storeName", "defaultAccess", "allowedSecrets", "deniedSecrets");
            var store = item["storeName"].RequiredText();
            if (scopes.Exists(scope => scope.StoreName == store))
            {
                item["storeName"].Error($"'{store}' has a scope already");
            }

            scopes.Add(new SecretScope(store, DefaultAccess(item["defaultAccess"]), Names(item["allowedSecrets"]), Names(item["deniedSecrets"])));
        }

        return scopes;
    }

    private static bool DefaultAccess(YamlMember access)
    {
        var text = access.Text() ?? "";
        if (text.Length > 0 && !text.Equals("allow", StringComparison.OrdinalIgnoreCase) && !text.Equals("deny", StringComparison.OrdinalIgnoreCase))
        {
            access.Error($"must be allow or deny, not '{text}'");
        }

        return !text.Equals("deny", StringComparison.OrdinalIgnoreCase);
    }

    private static HashSet<string> Names(YamlMember list) => list.Items().Select(item => item.RequiredText()).ToHashSet(StringComparer.Ordinal);
}
