using Sidecar.Configuration;

namespace Sidecar.Api;

/// <summary>
/// Whether an HTTP route or a gRPC method may be used (dapr-contract.md 3.6). A denied API is closed even when it is
/// allowed as well; with a list of allowed ones everything else is closed. The lists of one protocol say nothing about the other.
/// </summary>
internal sealed class ApiAccess(ApiAccessSpec spec)
{
    // The first that fits: InvokeActor is no invocation, and a state transaction of an actor no state.
    private static readonly (string Word, string Name)[] MethodNames =
    [
        ("Actor", "actors"), ("Workflow", "workflows"), ("Job", "jobs"), ("State", "state"), ("Publish", "publish"), ("Binding", "bindings"),
        ("Secret", "secrets"), ("Configuration", "configuration"), ("Metadata", "metadata"), ("TryLock", "lock"), ("Unlock", "unlock"),
        ("Subtle", "subtlecrypto"), ("Encrypt", "crypto"), ("Decrypt", "crypto"), ("Shutdown", "shutdown"), ("SubscribeTopicEvents", "subscribe"),
        ("Converse", "conversation"), ("InvokeService", "invoke"),
    ];

    private static readonly string[] PreviewVersions = ["Alpha1", "Alpha2", "Beta1"];

    /// <param name="route">The pattern of the route, as it is mapped.</param>
    public bool AllowsRoute(string route)
    {
        var segments = route.Trim('/').Split('/', 2);

        // What no other route takes is an invocation too.
        var path = segments.Length == 2 ? $"{ApiAccessSpec.GroupVersion(segments[0])}/{segments[1]}" : "v1/invoke";
        return path.StartsWith("v1/healthz", StringComparison.Ordinal)
            || Allows("http", rule => path.StartsWith($"{rule.Version}/{rule.Name}", StringComparison.Ordinal));
    }

    /// <param name="method">Of Dapr's own service, without the service's name.</param>
    public bool AllowsMethod(string method)
    {
        var (name, version) = GroupOf(method);
        return Allows("grpc", rule => rule.Name == name && rule.Version == version);
    }

    internal static (string Name, string Version) GroupOf(string method)
    {
        var name = Array.Find(MethodNames, candidate => method.Contains(candidate.Word, StringComparison.Ordinal)).Name;
        var preview = Array.Find(PreviewVersions, suffix => method.EndsWith(suffix, StringComparison.Ordinal));
        return (name ?? "", preview is null ? "v1" : $"v1{preview.ToLowerInvariant()}");
    }

    private bool Allows(string protocol, Func<ApiRule, bool> names)
    {
        var allowed = spec.Allowed.Where(rule => rule.Protocol == protocol).ToList();
        return !spec.Denied.Any(rule => rule.Protocol == protocol && names(rule)) && (allowed.Count == 0 || allowed.Any(names));
    }
}
