namespace Sidecar.Configuration;

/// <param name="Match">A CEL expression over <c>event</c>; empty: always true, the default route.</param>
internal sealed record SubscriptionRule(string Match, string Path, int Line);

internal sealed record BulkSubscribeSpec(bool Enabled, int MaxMessagesCount, int MaxAwaitDurationMs);

/// <summary>One Subscription document, either version (dapr-contract.md 3.3).</summary>
/// <param name="Rules">In the order they are tried; the default route comes last.</param>
internal sealed record SubscriptionSpec(
    string Name,
    string PubsubName,
    string Topic,
    IReadOnlyList<SubscriptionRule> Rules,
    IReadOnlyDictionary<string, string> Metadata,
    string? DeadLetterTopic,
    BulkSubscribeSpec? BulkSubscribe,
    string File,
    int Line)
{
    /// <summary>All that decides what is subscribed to, as written: documents with the same are the same.</summary>
    public string Content { get; init; } = "";
}
