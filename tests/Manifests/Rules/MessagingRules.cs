using System.Text.RegularExpressions;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>Topics, subscriptions and dead letters.</summary>
internal static partial class MessagingRules
{
    /// <summary>For whoever joins, such as a search: nobody in the shop reads it.</summary>
    private static readonly string[] ForOthers = ["catalog"];

    // What the code publishes to, by the names that it gives topics.
    private static readonly IReadOnlyList<string> Published = FindPublished();

    public static IEnumerable<Violation> Check(Cluster cluster)
    {
        var subscriptions = cluster.Dapr("Subscription");
        var dead = subscriptions.Select(one => one.Root.Text("spec", "deadLetterTopic")).Where(topic => topic.Length > 0).ToList();
        var read = subscriptions.Select(one => one.Root.Text("spec", "topic")).ToHashSet();
        foreach (var topic in Published.Except(ForOthers).Concat(dead).Where(topic => !read.Contains(topic)))
        {
            yield return new Violation("subscriber", topic, "has no reader");
        }

        if (dead.Distinct().Count() < dead.Count)
        {
            yield return new Violation("dead-letters", "subscriptions", "two share a dead-letter topic");
        }

        foreach (var subscription in subscriptions)
        {
            foreach (var (rule, what) in Of(cluster, subscription, dead))
            {
                yield return Violation.Of(rule, subscription, what);
            }
        }
    }

    private static IEnumerable<(string Rule, string What)> Of(Cluster cluster, Resource subscription, List<string> dead)
    {
        var spec = subscription.Root.At("spec");
        var topic = spec.Text("topic");
        if (!Published.Contains(topic) && !dead.Contains(topic))
        {
            yield return ("publisher", $"nobody publishes to {topic}");
        }

        if (!dead.Contains(topic) && !spec.Has("deadLetterTopic"))
        {
            yield return ("dead-letters", "what its app does not take is lost (L1, L8, L12)");
        }

        if (dead.Contains(topic) && (spec.Has("deadLetterTopic") || spec.Text("metadata", "rawPayload") != "true"))
        {
            yield return ("dead-letters", "reads dead letters, which go no further and may be no CloudEvents");
        }

        if (cluster.Component(spec.Text("pubsubname")) is not { } component || !component.Root.Text("spec", "type").StartsWith("pubsub.", StringComparison.Ordinal)
            || !subscription.Root.Texts("scopes").All(component.Root.Texts("scopes").Contains))
        {
            yield return ("pubsub", $"{spec.Text("pubsubname")} is not there for its app");
        }

        if (subscription.Root.Texts("scopes") is not [var app] || !cluster.AppIds.Contains(app))
        {
            yield return ("scopes", "is not that of one app");
        }

        if (spec.Text("metadata", "queueType") != "quorum")
        {
            yield return ("queue-type", "has a queue on one node on RabbitMQ");
        }

        var paths = spec.Items("routes", "rules").Select(rule => rule.Text("path")).Append(spec.Text("routes", "default"));
        if (paths.Any(path => !path.StartsWith('/')) || spec.Items("routes", "rules").Any(rule => !Match().IsMatch(rule.Text("match"))))
        {
            yield return ("routes", "leaves an event without a route");
        }

        var bulk = spec.At("bulkSubscribe");
        if (bulk is not null && (bulk.Text("enabled") != "true" || bulk.Number("maxMessagesCount") is null or < 1 or > 100 || bulk.Number("maxAwaitDurationMs") is null or > 1000))
        {
            yield return ("bulk", "gathers more than its route takes, or for too long");
        }
    }

    private static List<string> FindPublished()
    {
        var names = TopicName().Matches(Repository.Read("services/contracts/Events/Topics.cs"))
            .Where(match => match.Groups[1].Value != "PubSub")
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        return
        [
            .. Repository.ServiceSources.Where(file => !file.StartsWith("services/contracts/", StringComparison.Ordinal))
                .SelectMany(file => Publishes().Matches(Repository.Read(file)))
                .Select(match => names[match.Groups[1].Value])
                .Distinct(),
        ];
    }

    [GeneratedRegex("""const string (\w+) = "([^"]+)";""")]
    private static partial Regex TopicName();

    [GeneratedRegex(@"(?:OutgoingEvent\(|Topics\.PubSub, )Topics\.(\w+),")]
    private static partial Regex Publishes();

    [GeneratedRegex("""^event\.type == "com\.daprshop(\.[a-z-]+)+\.v[0-9]+"\z""")]
    private static partial Regex Match();
}
