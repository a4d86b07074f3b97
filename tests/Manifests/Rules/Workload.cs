using System.Text.Json.Nodes;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>A Deployment or StatefulSet, with short names for what rules ask for.</summary>
internal sealed record Workload(Resource Resource)
{
    public const string AppLabel = "shop-app";

    public string Name => Resource.Name;

    public JsonNode? Pod => Resource.Root.At("spec", "template", "spec");

    public JsonNode? Labels => Resource.Root.At("spec", "template", "metadata", "labels");

    /// <summary>"" for what is not of the shop, such as a server.</summary>
    public string App => Labels.Text(AppLabel);

    public bool HasSidecar => Annotation("enabled") == "true";

    public JsonNode? Container => Pod.Items("containers") is [var first, ..] ? first : null;

    public IReadOnlyList<JsonNode> Env => Container.Items("env");

    /// <param name="name">Behind the slash of dapr.io/...</param>
    public string Annotation(string name) => Resource.Root.Text("spec", "template", "metadata", "annotations", "dapr.io/" + name);

    public string EnvValue(string name) => Env.FirstOrDefault(one => one.Text("name") == name).Text("value");

    /// <returns>Null: no container has such a port.</returns>
    public long? Port(string name) => Pod.Items("containers").SelectMany(container => container.Items("ports")).FirstOrDefault(port => port.Text("name") == name).Number("containerPort");
}
