namespace Sidecar.Configuration;

/// <summary>Who reads the resources: decides which documents are meant for this sidecar and fills placeholders in values.</summary>
/// <param name="Namespace">The NAMESPACE variable; null when it is not set, and then no document is left out for its namespace.</param>
/// <param name="NewId">Makes the value of {uuid}.</param>
internal sealed record ResourceScope(
    string AppId, string? Namespace, Func<string, string?> Environment, Func<string> NewId)
{
    public bool Includes(YamlMember document)
    {
        var wanted = document["metadata"]["namespace"].Text();
        if (Namespace is not null && !string.IsNullOrEmpty(wanted) && wanted != Namespace)
        {
            return false;
        }

        var scopes = document["scopes"].Items().Select(scope => scope.Text()).ToList();
        return scopes.Count == 0 || scopes.Contains(AppId);
    }

    public string Fill(string value) => !value.Contains('{', StringComparison.Ordinal)
        ? value
        : value
            .Replace("{uuid}", NewId(), StringComparison.Ordinal)
            .Replace("{podName}", Environment("POD_NAME") ?? "", StringComparison.Ordinal)
            .Replace("{namespace}", $"{Namespace ?? "default"}.{AppId}", StringComparison.Ordinal)
            .Replace("{appID}", AppId, StringComparison.Ordinal);
}
