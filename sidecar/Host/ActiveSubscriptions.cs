namespace Sidecar.Host;

internal sealed record ActiveSubscriptionRule(string Match, string Path);

/// <param name="Type">DECLARATIVE, PROGRAMMATIC or STREAMING.</param>
internal sealed record ActiveSubscription(
    string PubsubName,
    string Topic,
    IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<ActiveSubscriptionRule> Rules,
    string? DeadLetterTopic,
    string Type);

/// <summary>What GET /v1.0/metadata says about subscriptions; whoever starts or stops them replaces the list.</summary>
internal sealed class ActiveSubscriptions
{
    private volatile IReadOnlyList<ActiveSubscription> _all = [];

    public IReadOnlyList<ActiveSubscription> All => _all;

    public void Replace(IReadOnlyList<ActiveSubscription> subscriptions) => _all = subscriptions;
}
