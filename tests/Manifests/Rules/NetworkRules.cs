using System.Globalization;
using System.Text.Json.Nodes;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>Who can reach whom, worked out from the policies, is who has to: the calls of the code, the stores of the components, and nothing else.</summary>
internal static class NetworkRules
{
    private const string Internal = "50002";

    public static IEnumerable<Violation> Check(Cluster cluster)
    {
        var policies = cluster.Of("NetworkPolicy");
        if (!policies.Any(policy => policy.Root.At("spec", "podSelector") is JsonObject { Count: 0 } && Types(policy).Order(StringComparer.Ordinal).SequenceEqual(["Egress", "Ingress"])
            && !policy.Root.Has("spec", "ingress") && !policy.Root.Has("spec", "egress")))
        {
            yield return new Violation("default-deny", "cluster", "lets everybody talk who is not named");
        }

        foreach (var policy in policies)
        {
            foreach (var (rule, what) in Of(cluster, policy))
            {
                yield return Violation.Of(rule, policy, what);
            }
        }

        // Between two pods both ends must agree; what one end alone would let through is too much already.
        var wanted = Wanted(cluster).ToHashSet();
        var (leaving, entering) = (Edges(cluster, "egress").ToHashSet(), Edges(cluster, "ingress").ToHashSet());
        foreach (var edge in wanted.Where(edge => !(leaving.Contains(edge) || edge.StartsWith("namespace ", StringComparison.Ordinal))
            || !(entering.Contains(edge) || edge.Contains("-> namespace ", StringComparison.Ordinal) || edge.Contains("-> outside ", StringComparison.Ordinal))).Order(StringComparer.Ordinal))
        {
            yield return new Violation("reachability", edge, "is needed and shut");
        }

        foreach (var edge in leaving.Union(entering).Except(wanted).Order(StringComparer.Ordinal))
        {
            yield return new Violation("reachability", edge, "is open and not needed");
        }
    }

    private static IEnumerable<(string Rule, string What)> Of(Cluster cluster, Resource policy)
    {
        var spec = policy.Root.At("spec");
        if (!cluster.Workloads.Any(workload => Cluster.Selects(spec.At("podSelector"), workload.Labels)))
        {
            yield return ("dangling-policy", "selects nothing");
        }

        foreach (var direction in new[] { "ingress", "egress" })
        {
            if (spec.Has(direction) && !Types(policy).Contains(direction == "ingress" ? "Ingress" : "Egress"))
            {
                yield return ("policy-types", $"has {direction} that does not count");
            }

            foreach (var peer in Peers(policy, direction).Where(peer => peer.Peer.Has("podSelector") && !peer.Peer.Has("namespaceSelector")))
            {
                // Each name counts: one that is nobody's may be somebody's tomorrow.
                if (!cluster.Workloads.Any(workload => Cluster.Selects(peer.Peer.At("podSelector"), workload.Labels))
                    || Names(peer.Peer.At("podSelector")).Except(cluster.Workloads.SelectMany(one => new[] { one.App, one.Labels.Text("app.kubernetes.io/name") })).Any())
                {
                    yield return ("dangling-policy", "names a peer that is not there");
                }
            }
        }

        if (Names(spec.At("podSelector")).Except(cluster.Workloads.SelectMany(one => new[] { one.App, one.Labels.Text("app.kubernetes.io/name") })).Any())
        {
            yield return ("dangling-policy", "names a pod that is not there");
        }
    }

    private static IEnumerable<string> Names(JsonNode? selector) => selector.Members("matchLabels").Select(label => label.Value.Text())
        .Concat(selector.Items("matchExpressions").SelectMany(expression => expression.Texts("values")));

    /// <summary>Edges as "from -> to : port"; what lies outside has a name of its own.</summary>
    private static IEnumerable<string> Wanted(Cluster cluster)
    {
        foreach (var (caller, callee) in CallGraph.All.Select(call => (call.Caller, call.Callee)).Distinct().Concat(CallGraph.WithActors.Select(app => (app, app))))
        {
            yield return $"{caller} -> {callee} : {Internal}";
        }

        foreach (var app in cluster.AppIds)
        {
            foreach (var port in new[] { "6500", "50001", "50005", "50006" })
            {
                yield return $"{app} -> namespace dapr-system : {port}";
            }

            yield return $"namespace monitoring -> {app} : 9090";
            if (cluster.IsProduction)
            {
                yield return $"{app} -> namespace observability : 4318";
            }
        }

        foreach (var name in cluster.Workloads.Select(Name).Distinct())
        {
            yield return $"{name} -> namespace kube-system : 53";
        }

        foreach (var component in cluster.Components)
        {
            var address = Cluster.Metadata(component, "redisHost") + Cluster.Metadata(component, "hostname") + Cluster.Metadata(component, "brokers");
            foreach (var app in address.Length > 0 ? component.Root.Texts("scopes") : [])
            {
                yield return $"{app} -> {(cluster.IsProduction ? "outside" : address.Split(':')[0])} : {address.Split(':')[1]}";
            }
        }

        foreach (var edge in cluster.IsProduction
            ? new[] { "payment -> outside : 443", "gateway -> outside : 443", "notification -> outside : 587", "namespace ingress-nginx -> gateway : 8080" }
            : ["payment -> provider : 8090", "provider -> gateway : 8080"])
        {
            yield return edge;
        }
    }

    /// <summary>What the policies of one direction let through.</summary>
    private static IEnumerable<string> Edges(Cluster cluster, string direction) =>
        from workload in cluster.Workloads
        from open in Open(cluster, workload, direction)
        from other in Others(cluster, open.Peer)
        select direction == "egress" ? $"{Name(workload)} -> {other} : {open.Port}" : $"{other} -> {Name(workload)} : {open.Port}";

    private static IEnumerable<string> Others(Cluster cluster, JsonNode peer) =>
        peer.Has("ipBlock") ? ["outside"]
        : peer.Has("namespaceSelector") ? [$"namespace {peer.Text("namespaceSelector", "matchLabels", "kubernetes.io/metadata.name")}"]
        : cluster.Workloads.Where(other => Cluster.Selects(peer.At("podSelector"), other.Labels)).Select(Name);

    private static IEnumerable<(JsonNode Peer, string Port)> Open(Cluster cluster, Workload workload, string direction) => cluster.Of("NetworkPolicy")
        .Where(policy => Cluster.Selects(policy.Root.At("spec", "podSelector"), workload.Labels))
        .SelectMany(policy => Peers(policy, direction));

    private static IEnumerable<(JsonNode Peer, string Port)> Peers(Resource policy, string direction) =>
        from rule in policy.Root.Items("spec", direction)
        from peer in rule.Items(direction == "ingress" ? "from" : "to")
        from port in rule.Items("ports")
        select (peer, port.Number("port")?.ToString(CultureInfo.InvariantCulture) ?? "");

    private static IReadOnlyList<string> Types(Resource policy) => policy.Root.Texts("spec", "policyTypes");

    private static string Name(Workload workload) => workload.App.Length > 0 ? workload.App : workload.Labels.Text("app.kubernetes.io/name");
}
