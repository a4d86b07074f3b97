using System.Text.Json.Nodes;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>What an overlay makes of a cluster.</summary>
/// <param name="Overlay">Its name, which says what is expected of it.</param>
internal sealed record Cluster(string Overlay, IReadOnlyList<Resource> Resources)
{
    /// <summary>Real customers and real money.</summary>
    public bool IsProduction => Overlay.StartsWith("prod-", StringComparison.Ordinal) || Overlay == "canary";

    /// <summary>More than one of each.</summary>
    public bool IsScaled => Overlay != "dev";

    public IReadOnlyList<Workload> Workloads { get; } =
        [.. Resources.Where(resource => resource.Kind is "Deployment" or "StatefulSet").Select(resource => new Workload(resource))];

    public IReadOnlyList<Workload> Apps => [.. Workloads.Where(workload => workload.HasSidecar)];

    public IReadOnlyList<string> AppIds => [.. Apps.Select(app => app.Annotation("app-id")).Distinct()];

    public IReadOnlyList<Resource> Components => Dapr("Component");

    public Resource? Component(string name) => Components.FirstOrDefault(component => component.Name == name);

    public IReadOnlyList<Resource> Dapr(string kind) => [.. Resources.Where(resource => resource.Group == "dapr.io" && resource.Kind == kind)];

    public IReadOnlyList<Resource> Of(string kind) => [.. Resources.Where(resource => resource.Kind == kind && resource.Group != "dapr.io")];

    public bool Has(string kind, string name) => Of(kind).Any(resource => resource.Name == name);

    /// <returns>"" if the component has no such metadata, or takes it from a secret.</returns>
    public static string Metadata(Resource? component, string name) =>
        component?.Root.Items("spec", "metadata").FirstOrDefault(item => item.Text("name") == name).Text("value") ?? "";

    /// <summary>Whether labels satisfy matchLabels and matchExpressions; an empty selector takes all.</summary>
    public static bool Selects(JsonNode? selector, JsonNode? labels) =>
        selector.Members("matchLabels").All(wanted => labels.Text(wanted.Key) == wanted.Value.Text())
        && selector.Items("matchExpressions").All(expression => expression.Text("operator") switch
        {
            "In" => expression.Texts("values").Contains(labels.Text(expression.Text("key"))),
            "NotIn" => !expression.Texts("values").Contains(labels.Text(expression.Text("key"))),
            "Exists" => labels.Has(expression.Text("key")),
            _ => !labels.Has(expression.Text("key")),
        });
}
