using Sidecar.Components;

namespace Sidecar.PubSub.Publishing;

/// <summary>Which topics of a component this app may publish to and subscribe to (dapr-contract.md 5.8).</summary>
internal sealed class TopicScopes
{
    private readonly HashSet<string> _allowed;
    private readonly HashSet<string> _protected;
    private readonly HashSet<string>? _publishing;
    private readonly HashSet<string>? _subscription;

    public TopicScopes(ComponentSpec component, string appId)
    {
        _allowed = Topics(Find(component, "allowedTopics"));
        _protected = Topics(Find(component, "protectedTopics"));
        _publishing = OfApp(Find(component, "publishingScopes"), appId);
        _subscription = OfApp(Find(component, "subscriptionScopes"), appId);
    }

    public bool MayPublish(string topic) => Allows(topic, _publishing);

    public bool MaySubscribe(string topic) => Allows(topic, _subscription);

    // An app that no scope lists is free, save for protected topics.
    private bool Allows(string topic, HashSet<string>? scoped) =>
        (_allowed.Count == 0 || _allowed.Contains(topic)) && (scoped?.Contains(topic) ?? !_protected.Contains(topic));

    private static string Find(ComponentSpec component, string name) =>
        component.Metadata.FirstOrDefault(item => item.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value ?? "";

    private static HashSet<string> Topics(string list) =>
        [.. list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    // "app1=a,b;app2=": app2 is listed without a topic and so has none.
    private static HashSet<string>? OfApp(string scopes, string appId)
    {
        HashSet<string>? topics = null;
        foreach (var scope in scopes.Split(';', StringSplitOptions.TrimEntries))
        {
            var parts = scope.Split('=', StringSplitOptions.TrimEntries);
            if (parts.Length >= 2 && parts[0] == appId)
            {
                (topics ??= []).UnionWith(Topics(parts[1]));
            }
        }

        return topics;
    }
}
