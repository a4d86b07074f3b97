namespace Sidecar.Configuration;

/// <param name="Name">The API's name, such as state; over HTTP also the beginning of a route, such as publish/bulk.</param>
/// <param name="Version">As the API groups write it: v1, v1alpha1, v1beta1.</param>
/// <param name="Protocol">http or grpc.</param>
internal sealed record ApiRule(string Name, string Version, string Protocol);

/// <summary>Which of the sidecar's APIs the app may use (spec.api, dapr-contract.md 3.6). Both lists empty: all.</summary>
internal sealed record ApiAccessSpec(IReadOnlyList<ApiRule> Allowed, IReadOnlyList<ApiRule> Denied)
{
    public static readonly ApiAccessSpec Open = new([], []);

    private static readonly string[] Names =
    [
        "actors", "bindings", "configuration", "conversation", "crypto", "healthz", "invoke", "jobs", "lock", "metadata", "publish", "secrets",
        "shutdown", "state", "subscribe", "subtlecrypto", "unlock", "workflows",
    ];

    private static readonly string[] Versions = ["v1", "v1alpha1", "v1alpha2", "v1beta1"];

    /// <summary>The lists of a later file take the place of an earlier one's, each by itself.</summary>
    public static ApiAccessSpec Read(YamlMember api, ApiAccessSpec earlier)
    {
        api.KnownMembers("allowed", "denied");
        return new ApiAccessSpec(Rules(api["allowed"], earlier.Allowed), Rules(api["denied"], earlier.Denied));
    }

    private static IReadOnlyList<ApiRule> Rules(YamlMember list, IReadOnlyList<ApiRule> earlier) =>
        list.IsPresent ? [.. list.Items().Select(Rule)] : earlier;

    // daprd passes over a rule that names nothing, and the API it was meant for stays open, or all the others are closed.
    private static ApiRule Rule(YamlMember item)
    {
        item.KnownMembers("name", "version", "protocol");
        var name = item["name"].RequiredText().Trim('/');
        if (name.Length > 0 && !Names.Contains(name.Split('/')[0], StringComparer.Ordinal))
        {
            var nearest = NearestName.Of(name, Names);
            item["name"].Error($"'{name}' is not an API{(nearest is null ? "" : $"; did you mean '{nearest}'?")}; known: {string.Join(", ", Names)}");
        }

        var version = item["version"].RequiredText();
        var group = GroupVersion(version);
        if (version.Length > 0 && !Versions.Contains(group, StringComparer.Ordinal))
        {
            item["version"].Error($"'{version}' is not a version of an API; known: {string.Join(", ", Versions)}");
        }

        var protocol = item["protocol"].RequiredText();
        var known = protocol.ToUpperInvariant() switch { "HTTP" => "http", "GRPC" => "grpc", _ => "" };
        if (protocol.Length > 0 && known.Length == 0)
        {
            item["protocol"].Error($"must be http or grpc, not '{protocol}'");
        }

        return new ApiRule(name, group, known);
    }

    /// <summary>Paths say v1.0 and v1.0-alpha1 where groups say v1 and v1alpha1.</summary>
    public static string GroupVersion(string version) =>
        version == "v1.0" ? "v1" : version.StartsWith("v1.0-", StringComparison.Ordinal) ? string.Concat("v1", version.AsSpan(5)) : version;
}
