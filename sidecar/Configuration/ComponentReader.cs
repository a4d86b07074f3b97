namespace Sidecar.Configuration;

/// <summary>Reads kind Component (dapr-contract.md 3.2).</summary>
internal static class ComponentReader
{
    private static readonly string[] ValueSources = ["value", "secretKeyRef", "envRef"];

    // daprd refuses these so that a component file cannot read the sidecar's own tokens.
    private static bool IsRefused(string variable) =>
        variable.StartsWith("DAPR_", StringComparison.OrdinalIgnoreCase)
        || variable.Equals("APP_API_TOKEN", StringComparison.OrdinalIgnoreCase)
        || variable.Any(char.IsWhiteSpace);

    public static ComponentDocument Read(YamlMember document, ResourceScope scope)
    {
        document.KnownMembers("apiVersion", "kind", "metadata", "spec", "auth", "scopes");
        document["auth"].KnownMembers("secretStore");
        var spec = document["spec"];
        spec.KnownMembers("type", "version", "ignoreErrors", "initTimeout", "metadata");
        var name = document["metadata"]["name"].RequiredText();
        if (!spec.IsPresent)
        {
            spec.Error("is required");
        }

        var type = spec.IsPresent ? spec["type"].RequiredText() : "";
        var secretStore = document["auth"]["secretStore"].Text();
        return new ComponentDocument(
            name,
            type,
            spec["version"].Text() is { Length: > 0 } version ? version : "v1",
            [.. Metadata(spec["metadata"], secretStore, scope)],
            spec["ignoreErrors"].Flag() ?? false,
            spec["initTimeout"].Duration() ?? ComponentDocument.DefaultInitTimeout,
            secretStore,
            document.File,
            document["metadata"]["name"].FileLine,
            spec["type"].FileLine,
            spec["version"].FileLine)
        {
            Content = $"{spec.Content} {document["auth"].Content} {document["scopes"].Content}",
        };
    }

    private static IEnumerable<ComponentMetadataItem> Metadata(YamlMember list, string? secretStore, ResourceScope scope)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in list.Items())
        {
            item.KnownMembers("name", "value", "secretKeyRef", "envRef");
            var name = item["name"].RequiredText();
            if (name.Length == 0)
            {
                continue;
            }

            // The item's name says more than its index: spec.metadata.redisHost.
            var path = $"{list.Path}.{name}";
            if (!seen.Add(name))
            {
                item["name"].Error($"'{name}' is given twice");
            }

            var sources = ValueSources.Count(source => item[source].IsPresent);
            if (sources > 1)
            {
                item.Error($"'{name}' has more than one of value, secretKeyRef and envRef");
            }

            var secret = Secret(item["secretKeyRef"], name, secretStore);
            var value = item["envRef"].IsPresent ? FromEnvironment(item["envRef"], scope) : scope.Fill(item["value"].TextOrJson());
            yield return new ComponentMetadataItem(name, value, secret, item.FileLine, path);
        }
    }

    private static SecretReference? Secret(YamlMember reference, string item, string? secretStore)
    {
        if (!reference.IsPresent)
        {
            return null;
        }

        reference.KnownMembers("name", "key");
        var name = reference["name"].RequiredText();
        if (string.IsNullOrEmpty(secretStore))
        {
            reference.Error($"'{item}' needs auth.secretStore: there is no default secret store outside Kubernetes");
        }

        return new SecretReference(name, reference["key"].Text() is { Length: > 0 } key ? key : name);
    }

    private static string FromEnvironment(YamlMember reference, ResourceScope scope)
    {
        var variable = reference.RequiredText();
        if (IsRefused(variable))
        {
            reference.Error($"the environment variable '{variable}' may not be read by a component");
            return "";
        }

        var value = scope.Environment(variable);
        if (value is null)
        {
            reference.Warn($"the environment variable '{variable}' is not set; the value is empty");
        }

        return value ?? "";
    }
}
