using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Dapr.AspNetCore.Subscriptions;

/// <summary>Reads the subscriptions off the endpoints' metadata: one per topic, with a rule for each endpoint that has a match.</summary>
internal static class SubscriptionList
{
    private const string RawPayload = "rawPayload";

    public static IReadOnlyList<Subscription> From(IEnumerable<Endpoint> endpoints, SubscribeOptions? options) =>
    [
        .. endpoints.OfType<RouteEndpoint>()
            .SelectMany(TopicRoutes)
            .GroupBy(route => (route.PubsubName, route.Topic))
            .OrderBy(topic => topic.Key.PubsubName, StringComparer.Ordinal)
            .ThenBy(topic => topic.Key.Topic, StringComparer.Ordinal)
            .Select(topic => Subscribe([.. topic.OrderBy(route => route.Priority)], options)),
    ];

    private static IEnumerable<TopicRoute> TopicRoutes(RouteEndpoint endpoint)
    {
        var entries = endpoint.Metadata.GetOrderedMetadata<IOriginalTopicMetadata>();
        var batches = endpoint.Metadata.GetOrderedMetadata<IBulkSubscribeMetadata>();
        foreach (var topic in endpoint.Metadata.GetOrderedMetadata<ITopicMetadata>().Where(topic => topic.Name is not null))
        {
            var owner = topic as IOwnedOriginalTopicMetadata;
            yield return new TopicRoute(
                topic.PubsubName,
                topic.Name,
                string.IsNullOrEmpty(topic.Match) ? null : topic.Match,
                topic.Priority,
                Path(endpoint.RoutePattern),
                (topic as IRawTopicMetadata)?.EnableRawPayload ?? false,
                (topic as IDeadLetterTopicMetadata)?.DeadLetterTopic,
                owner?.MetadataSeparator,
                [.. entries.Where(entry => string.IsNullOrEmpty(entry.Id) || owner?.OwnedMetadatas?.Contains(entry.Id) == true)],
                batches.FirstOrDefault(batch => batch.TopicName == topic.Name));
        }
    }

    private static Subscription Subscribe(IReadOnlyList<TopicRoute> routes, SubscribeOptions? options)
    {
        var first = routes[0];
        var fallback = routes.FirstOrDefault(route => route.Match is null)?.Path;
        var rules = routes
            .Where(route => route.Match is not null)
            .Select(route => new SubscriptionRule(route.Match!, route.Path))
            .Distinct()
            .ToList();
        var metadata = Metadata(routes, options);
        return new Subscription(
            first.Topic,
            first.PubsubName,
            Route: rules.Count == 0 ? fallback : null,
            Routes: rules.Count == 0 ? null : new SubscriptionRoutes(rules, fallback),
            metadata.Count == 0 ? null : metadata,
            first.DeadLetterTopic,
            first.Batches is { } batches ? new SubscriptionBatches(true, batches.MaxMessagesCount, batches.MaxAwaitDurationMs) : null);
    }

    private static Dictionary<string, string> Metadata(IReadOnlyList<TopicRoute> routes, SubscribeOptions? options)
    {
        var separator = routes.Select(route => route.MetadataSeparator).FirstOrDefault(text => !string.IsNullOrEmpty(text)) ?? ",";
        var metadata = routes
            .SelectMany(route => route.Entries)
            .GroupBy(entry => entry.Name)
            .ToDictionary(entry => entry.Key, entry => string.Join(separator, entry.Select(value => value.Value).Distinct()));
        if (options?.EnableRawPayload == true || routes.Any(route => route.Raw))
        {
            metadata[RawPayload] = "true";
        }

        return metadata;
    }

    // The sidecar posts to a fixed path, so a route parameter has no meaning here: the cast fails on one, as it does in the official SDK.
    private static string Path(RoutePattern pattern) =>
        string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Cast<RoutePatternLiteralPart>().Select(part => part.Content))));

    private sealed record TopicRoute(
        string PubsubName,
        string Topic,
        string? Match,
        int Priority,
        string Path,
        bool Raw,
        string? DeadLetterTopic,
        string? MetadataSeparator,
        IReadOnlyList<IOriginalTopicMetadata> Entries,
        IBulkSubscribeMetadata? Batches);
}
