using System.Text.Json;
using Sidecar.Configuration;
using Sidecar.Expressions;
using Sidecar.Host;
using Sidecar.PubSub.Publishing;

namespace Sidecar.PubSub.Subscriptions;

internal enum SubscriptionKind { Declarative, Programmatic, Streaming }

/// <param name="Condition">Null: always true.</param>
internal sealed record Route(string Match, Condition? Condition, string Path)
{
    /// <summary>Throws <see cref="ExpressionException"/>.</summary>
    public static Route Create(string match, string path) =>
        new(match, string.IsNullOrWhiteSpace(match) ? null : Condition.Parse(match.Trim(), EventCondition.Variables), path);
}

/// <summary>One topic that the app wants, and where in the app its events go.</summary>
internal sealed record Subscription(
    string PubSub,
    string Topic,
    IReadOnlyList<Route> Routes,
    IReadOnlyDictionary<string, string> Metadata,
    string? DeadLetterTopic,
    SubscriptionKind Kind)
{
    /// <summary>Null: events are delivered one by one.</summary>
    public BatchLimits? Bulk { get; init; }

    /// <summary>Messages are no CloudEvents but any bytes.</summary>
    public bool IsRaw => PublishMetadata.TryGetRawPayload(Metadata, out var isRaw, out _) && isRaw;

    public static Subscription From(SubscriptionSpec spec) => new(
        spec.PubsubName,
        spec.Topic,
        [.. spec.Rules.Select(rule => Route.Create(rule.Match, rule.Path))],
        spec.Metadata,
        spec.DeadLetterTopic,
        SubscriptionKind.Declarative)
    {
        Bulk = spec.BulkSubscribe is { Enabled: true } bulk ? BatchLimits.Of(bulk.MaxMessagesCount, bulk.MaxAwaitDurationMs) : null,
    };

    /// <summary>
    /// The path of the first route whose condition holds; null when none does. An <paramref name="error"/> when a
    /// condition has no answer for this event: it must not fall through to a later route.
    /// </summary>
    public string? Find(JsonElement cloudEvent, out string? error)
    {
        foreach (var route in Routes)
        {
            error = null;
            if (route.Condition is null || route.Condition.Holds(_ => cloudEvent, out error))
            {
                return route.Path;
            }

            if (error is not null)
            {
                error = $"{route.Match}: {error}";
                return null;
            }
        }

        error = null;
        return null;
    }

    public ActiveSubscription Describe() => new(
        PubSub,
        Topic,
        Metadata,
        [.. Routes.Select(route => new ActiveSubscriptionRule(route.Match, route.Path))],
        DeadLetterTopic,
        Kind switch
        {
            SubscriptionKind.Declarative => "DECLARATIVE",
            SubscriptionKind.Programmatic => "PROGRAMMATIC",
            _ => "STREAMING",
        });

    /// <summary>The app's own list wins over files for the same topic; among files the first one loaded wins.</summary>
    public static IReadOnlyList<Subscription> Merge(IEnumerable<Subscription> programmatic, IEnumerable<Subscription> declarative) =>
        [.. programmatic.Concat(declarative).DistinctBy(subscription => (subscription.PubSub, subscription.Topic))];
}
