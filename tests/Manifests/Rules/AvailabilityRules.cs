using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>Updates, evictions, spreading and scaling.</summary>
internal static class AvailabilityRules
{
    public static IEnumerable<Violation> Check(Cluster cluster) =>
        cluster.Apps.SelectMany(app => Updates(app).Concat(Spread(app)).Concat(cluster.IsScaled ? Replicas(cluster, app).Concat(Budget(cluster, app)) : [])
                .Select(found => Violation.Of(found.Rule, app.Resource, found.What)))
            .Concat(Scalers(cluster))
            .Concat(Queues(cluster));

    private static IEnumerable<(string Rule, string What)> Updates(Workload app)
    {
        var update = app.Resource.Root.At("spec", "strategy", "rollingUpdate");
        if (update.Number("maxUnavailable") != 0 || update.Number("maxSurge") is null or < 1)
        {
            yield return ("rolling-update", "takes a pod away before its successor is ready");
        }
    }

    private static IEnumerable<(string Rule, string What)> Spread(Workload app)
    {
        foreach (var key in new[] { "kubernetes.io/hostname", "topology.kubernetes.io/zone" })
        {
            var spread = app.Pod.Items("topologySpreadConstraints").FirstOrDefault(one => one.Text("topologyKey") == key);
            if (spread is null || spread.Number("maxSkew") != 1 || !spread.Texts("matchLabelKeys").Contains(Workload.AppLabel)
                || !Cluster.Selects(spread.At("labelSelector"), app.Labels))
            {
                yield return ("spread", $"is not spread over {key}");
            }
        }
    }

    private static IEnumerable<(string Rule, string What)> Replicas(Cluster cluster, Workload app)
    {
        var least = cluster.Of("HorizontalPodAutoscaler").Concat(cluster.Of("ScaledObject"))
            .Where(scaler => scaler.Root.Text("spec", "scaleTargetRef", "name") == app.Name)
            .Select(scaler => scaler.Root.Number("spec", "minReplicas") ?? scaler.Root.Number("spec", "minReplicaCount"))
            .ToList();
        if (least.Count > 1)
        {
            yield return ("one-scaler", "has two autoscalers, which would fight");
        }

        if (least.Count > 0 && app.Resource.Root.Has("spec", "replicas"))
        {
            yield return ("one-scaler", "says how many it is and has an autoscaler: each apply would undo it");
        }

        // A canary is one pod beside those that it may replace.
        if (app.Name == app.App && !(least is [>= 3]))
        {
            yield return ("three-replicas", "may be fewer than three");
        }

        if (app.Pod.Text("priorityClassName").Length == 0)
        {
            yield return ("priority-class", "has none");
        }
    }

    private static IEnumerable<(string Rule, string What)> Budget(Cluster cluster, Workload app)
    {
        var budgets = cluster.Of("PodDisruptionBudget").Where(budget => Cluster.Selects(budget.Root.At("spec", "selector"), app.Labels)).ToList();
        if (budgets is not [var only])
        {
            yield return ("disruption-budget", $"{budgets.Count} budgets");
        }
        else if (only.Root.Number("spec", "maxUnavailable") != 1 || only.Root.Has("spec", "minAvailable")
            || only.Root.Text("spec", "unhealthyPodEvictionPolicy") != "AlwaysAllow")
        {
            yield return ("disruption-budget", "lets too many go, or none");
        }
    }

    private static IEnumerable<Violation> Scalers(Cluster cluster)
    {
        foreach (var scaler in cluster.Of("HorizontalPodAutoscaler").Concat(cluster.Of("ScaledObject")))
        {
            var target = scaler.Root.Text("spec", "scaleTargetRef", "name");
            var (least, most) = (scaler.Root.Number("spec", "minReplicas") ?? scaler.Root.Number("spec", "minReplicaCount"),
                scaler.Root.Number("spec", "maxReplicas") ?? scaler.Root.Number("spec", "maxReplicaCount"));
            if (!cluster.Has("Deployment", target) || least >= most)
            {
                yield return Violation.Of("scaler", scaler, $"scales {target}, which is not there, or has no room");
            }

            if (scaler.Kind == "HorizontalPodAutoscaler" && scaler.Root.Number("spec", "behavior", "scaleDown", "stabilizationWindowSeconds") is null or < 300)
            {
                yield return Violation.Of("scaler", scaler, "goes down with every lull");
            }
        }

        foreach (var budget in cluster.Of("PodDisruptionBudget").Where(budget => !cluster.Workloads.Any(one => Cluster.Selects(budget.Root.At("spec", "selector"), one.Labels))))
        {
            yield return Violation.Of("dangling-budget", budget, "selects nothing");
        }
    }

    // What KEDA asks a broker for must be what Dapr calls it there.
    private static IEnumerable<Violation> Queues(Cluster cluster)
    {
        var pubsub = cluster.Component("pubsub");
        var broker = pubsub?.Root.Text("spec", "type").Replace("pubsub.", "", StringComparison.Ordinal);
        var addresses = new[] { "redisHost", "hostname", "brokers" }.Select(name => Cluster.Metadata(pubsub, name)).Where(value => value.Length > 0).ToList();
        foreach (var scaled in cluster.Of("ScaledObject"))
        {
            var app = scaled.Root.Text("spec", "scaleTargetRef", "name");
            var topics = cluster.Dapr("Subscription").Where(one => one.Root.Texts("scopes").Contains(app)).Select(one => one.Root.Text("spec", "topic")).Order(StringComparer.Ordinal);
            var watched = scaled.Root.Items("spec", "triggers").Select(trigger => trigger.Text("type") switch
            {
                "redis-streams" => trigger.Text("metadata", "stream"),
                "rabbitmq" when trigger.Text("metadata", "queueName") is var queue => queue.StartsWith(app + "-", StringComparison.Ordinal) ? queue[(app.Length + 1)..] : queue + " of nobody",
                _ => trigger.Text("metadata", "topic"),
            }).Order(StringComparer.Ordinal);
            if (!topics.SequenceEqual(watched))
            {
                yield return Violation.Of("scaled-by-queue", scaled, "does not watch what its app subscribes to");
            }

            foreach (var trigger in scaled.Root.Items("spec", "triggers"))
            {
                var group = trigger.Text("metadata", "consumerGroup");
                var address = trigger.Text("metadata", "address") + trigger.Text("metadata", "bootstrapServers");
                if (trigger.Text("type").Replace("-streams", "", StringComparison.Ordinal) != broker
                    || (group.Length > 0 && group != app) || (address.Length > 0 && !addresses.Contains(address)))
                {
                    yield return Violation.Of("scaled-by-queue", scaled, $"asks {trigger.Text("type")} {address} for group {group}");
                }

                if (!cluster.Has("TriggerAuthentication", trigger.Text("authenticationRef", "name")))
                {
                    yield return Violation.Of("scaled-by-queue", scaled, "has nothing to sign in with");
                }
            }

            if (broker == "kafka" && !(long.TryParse(pubsub!.Root.Text("metadata", "annotations", "partitions"), out var partitions)
                && scaled.Root.Number("spec", "maxReplicaCount") <= partitions))
            {
                yield return Violation.Of("partitions", scaled, "may have more pods than its topics have partitions");
            }
        }
    }
}
