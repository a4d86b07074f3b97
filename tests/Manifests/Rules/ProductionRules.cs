using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>What production must have and must not have; and what a trial must have in its place.</summary>
internal static class ProductionRules
{
    public static IEnumerable<Violation> Check(Cluster cluster) => cluster.IsProduction ? Production(cluster).Concat(Canary(cluster)) : Trial(cluster);

    private static IEnumerable<Violation> Production(Cluster cluster)
    {
        foreach (var workload in cluster.Workloads.Where(one => one.Resource.Kind == "StatefulSet" || one.App.Length == 0))
        {
            yield return Violation.Of("no-servers", workload.Resource, "has no place in production");
        }

        foreach (var component in cluster.Components)
        {
            var plain = component.Root.Text("spec", "type") switch
            {
                "state.redis" or "lock.redis" or "configuration.redis" or "pubsub.redis" => Cluster.Metadata(component, "enableTLS") != "true",
                "pubsub.rabbitmq" => Cluster.Metadata(component, "protocol") != "amqps",
                "pubsub.kafka" => Cluster.Metadata(component, "disableTls") != "false" || Cluster.Metadata(component, "authType") == "none",
                _ => false,
            };
            if (plain)
            {
                yield return Violation.Of("tls", component, "speaks in the clear, or to anybody");
            }
        }

        foreach (var gateway in cluster.Apps.Where(app => app.App == "gateway"))
        {
            if (gateway.EnvValue("Authentication__DevelopmentSignIn") != "false" || !gateway.EnvValue("Authentication__JwksUri").StartsWith("https://", StringComparison.Ordinal)
                || gateway.EnvValue("Authentication__Issuer") is "" or "daprshop")
            {
                yield return Violation.Of("sign-in", gateway.Resource, "lets in whoever knows the demo password");
            }
        }

        if (cluster.Apps.FirstOrDefault(app => app.App == "catalog")?.EnvValue("Catalog__Seed") != "false")
        {
            yield return new Violation("demo-data", "catalog", "sells demo products");
        }

        foreach (var app in cluster.Apps.Where(app => app.EnvValue("OTEL_EXPORTER_OTLP_ENDPOINT").Length == 0))
        {
            yield return Violation.Of("telemetry", app.Resource, "tells nobody what it does");
        }

        foreach (var kind in new[] { "Ingress", "ResourceQuota", "ExternalSecret", "ScaledObject" }.Where(kind => cluster.Of(kind).Count == 0))
        {
            yield return new Violation("production", "cluster", $"has no {kind}");
        }
    }

    private static IEnumerable<Violation> Canary(Cluster cluster)
    {
        if ((cluster.Overlay == "canary") != cluster.Has("Deployment", "gateway-canary"))
        {
            yield return new Violation("canary", "cluster", "is a canary without one, or has one without being one");
        }

        foreach (var canary in cluster.Apps.Where(app => app.Name != app.App))
        {
            var stable = cluster.Apps.First(app => app.Name == canary.App);
            var (name, version) = Images.Split(canary.Container.Text("image"));
            if (name != Images.Split(stable.Container.Text("image")).Name || version == Images.Split(stable.Container.Text("image")).Version)
            {
                yield return Violation.Of("canary", canary.Resource, "is no other version of the same image");
            }

            var weight = cluster.Of("Ingress").FirstOrDefault(ingress => ingress.Name == canary.Name)?.Root.At("metadata", "annotations");
            if (weight.Text("nginx.ingress.kubernetes.io/canary") != "true"
                || !(int.TryParse(weight.Text("nginx.ingress.kubernetes.io/canary-weight"), out var percent) && percent is > 0 and <= 50))
            {
                yield return Violation.Of("canary", canary.Resource, "gets no share of the requests, or most of them");
            }

            var missing = stable.Env.Select(one => one.Text("name")).Except(canary.Env.Select(one => one.Text("name"))).ToList();
            if (missing.Count > 0)
            {
                yield return Violation.Of("canary", canary.Resource, $"runs without {string.Join(", ", missing)}");
            }
        }
    }

    private static IEnumerable<Violation> Trial(Cluster cluster)
    {
        foreach (var server in cluster.Workloads.Where(one => one.App.Length == 0))
        {
            if (server.Resource.Kind != "StatefulSet" || server.Resource.Root.Items("spec", "volumeClaimTemplates").Count == 0)
            {
                yield return Violation.Of("disk", server.Resource, "forgets everything with its pod");
            }
        }

        var redis = cluster.Workloads.FirstOrDefault(one => one.Name == "redis").Args();
        if (!redis.Contains("always") || !redis.Contains("noeviction") || !redis.Contains("--requirepass"))
        {
            yield return new Violation("redis", "StatefulSet redis", "may forget what it answered, or lets anybody in");
        }

        var kafka = cluster.Workloads.FirstOrDefault(one => one.Name == "kafka");
        if (kafka is not null && (kafka.EnvValue("KAFKA_UNCLEAN_LEADER_ELECTION_ENABLE") != "false"
            || kafka.EnvValue("KAFKA_NUM_PARTITIONS") != cluster.Component("pubsub")?.Root.Text("metadata", "annotations", "partitions")))
        {
            yield return new Violation("kafka", "StatefulSet kafka", "has other partitions than the component says, or unclean elections");
        }
    }

    private static IReadOnlyList<string> Args(this Workload? workload) => workload?.Container.Texts("args") ?? [];
}
