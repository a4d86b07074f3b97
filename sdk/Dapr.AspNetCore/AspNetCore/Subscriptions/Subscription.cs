namespace Dapr.AspNetCore.Subscriptions;

/// <summary>What an application answers to the sidecar's question for its subscriptions; members that are null are not written.</summary>
internal sealed record Subscription(
    string Topic,
    string PubsubName,
    string? Route,
    SubscriptionRoutes? Routes,
    IReadOnlyDictionary<string, string>? Metadata,
    string? DeadLetterTopic,
    SubscriptionBatches? BulkSubscribe);

internal sealed record SubscriptionRoutes(IReadOnlyList<SubscriptionRule> Rules, string? Default);

internal sealed record SubscriptionRule(string Match, string Path);

internal sealed record SubscriptionBatches(bool Enabled, int MaxMessagesCount, int MaxAwaitDurationMs);
