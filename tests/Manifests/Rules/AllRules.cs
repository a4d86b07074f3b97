using DaprShop.Tests.Manifests.Schemas;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>Schemas and rules together.</summary>
internal static class AllRules
{
    private static readonly Shapes Kubernetes = Shapes.Kubernetes();
    private static readonly IReadOnlyList<(string Version, Shapes Shapes)> Dapr = [.. Shapes.DaprVersions.Select(version => (version, Shapes.Dapr(version)))];

    private static readonly Func<Cluster, IEnumerable<Violation>>[] Rules =
    [
        PodRules.Check, AvailabilityRules.Check, SidecarRules.Check, ComponentRules.Check, AccessRules.Check, MessagingRules.Check,
        ResiliencyRules.Check, NetworkRules.Check, WiringRules.Check, ProductionRules.Check,
    ];

    public static IReadOnlyList<Violation> Check(Cluster cluster) => [.. Schema(cluster), .. Rules.SelectMany(rule => rule(cluster))];

    private static IEnumerable<Violation> Schema(Cluster cluster)
    {
        foreach (var resource in cluster.Resources)
        {
            var all = resource.Group == "dapr.io" ? Dapr : [("", Kubernetes)];
            foreach (var (version, shapes) in all)
            {
                foreach (var problem in shapes.Check(resource))
                {
                    yield return Violation.Of("schema", resource, $"{problem} {version}".TrimEnd());
                }
            }
        }
    }
}
