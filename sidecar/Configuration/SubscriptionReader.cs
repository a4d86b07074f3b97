using Sidecar.Expressions;
using Sidecar.PubSub.Subscriptions;

namespace Sidecar.Configuration;

/// <summary>Reads kind Subscription, v1alpha1 (one route) and v2alpha1 (rules) (dapr-contract.md 3.3).</summary>
internal static class SubscriptionReader
{
    public static SubscriptionSpec Read(YamlMember document)
    {
        document.KnownMembers("apiVersion", "kind", "metadata", "spec", "scopes");
        var spec = document["spec"];
        if (!spec.IsPresent)
        {
            spec.Error("is required");
        }

        var withRules = document["apiVersion"].Text() == "dapr.io/v2alpha1";
        spec.KnownMembers("topic", "pubsubname", withRules ? "routes" : "route", "metadata", "deadLetterTopic", "bulkSubscribe");
        return new SubscriptionSpec(
            document["metadata"]["name"].Text() ?? "",
            spec.IsPresent ? spec["pubsubname"].RequiredText() : "",
            spec.IsPresent ? spec["topic"].RequiredText() : "",
            withRules ? Rules(spec) : Route(spec),
            spec["metadata"].TextMap(),
            spec["deadLetterTopic"].Text() is { Length: > 0 } topic ? topic : null,
            Bulk(spec["bulkSubscribe"]),
            document.File,
            document["metadata"].FileLine)
        {
            Content = $"{document["apiVersion"].Content} {spec.Content}",
        };
    }

    private static List<SubscriptionRule> Route(YamlMember spec) =>
        spec.IsPresent ? [new SubscriptionRule("", spec["route"].RequiredText(), spec["route"].FileLine)] : [];

    private static List<SubscriptionRule> Rules(YamlMember spec)
    {
        var routes = spec["routes"];
        routes.KnownMembers("rules", "default");
        var rules = new List<SubscriptionRule>();
        foreach (var rule in routes["rules"].Items())
        {
            rule.KnownMembers("match", "path");
            if (!Condition.IsValid(rule["match"].Text() ?? "", EventCondition.Variables, out var mistake))
            {
                rule["match"].Error(mistake);
            }

            rules.Add(new SubscriptionRule(rule["match"].Text() ?? "", rule["path"].RequiredText(), rule.FileLine));
        }

        if (routes["default"].Text() is { Length: > 0 } path)
        {
            rules.Add(new SubscriptionRule("", path, routes["default"].FileLine));
        }

        if (rules.Count == 0 && spec.IsPresent)
        {
            routes.Error("needs a rule or a default: without one no message has a route");
        }

        return rules;
    }

    private static BulkSubscribeSpec? Bulk(YamlMember bulk)
    {
        if (!bulk.IsPresent)
        {
            return null;
        }

        bulk.KnownMembers("enabled", "maxMessagesCount", "maxAwaitDurationMs");
        return new BulkSubscribeSpec(
            bulk["enabled"].Flag() ?? false,
            bulk["maxMessagesCount"].Integer(minimum: 0) ?? 0,
            bulk["maxAwaitDurationMs"].Integer(minimum: 0) ?? 0);
    }
}
