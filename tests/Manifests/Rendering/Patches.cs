using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DaprShop.Tests.Manifests.Rendering;

/// <summary>One entry of <c>patches</c>.</summary>
internal static class Patches
{
    /// <param name="target">Null: the patch names its resource itself.</param>
    public static void Apply(List<Resource> resources, JsonNode? target, string text)
    {
        foreach (var patch in YamlText.Documents(text))
        {
            if (patch is JsonArray operations)
            {
                foreach (var resource in Select(resources, target ?? throw new NotSupportedException("A JSON patch needs a target.")))
                {
                    JsonPatch.Apply(resource.Root, operations);
                }
            }
            else
            {
                Merge(resources, target, (JsonObject)patch);
            }
        }
    }

    private static void Merge(List<Resource> resources, JsonNode? target, JsonObject patch)
    {
        var named = new Resource(patch);
        var selected = target is null ? [resources.Single(resource => resource.Id == named.Id)] : Select(resources, target);
        foreach (var resource in selected)
        {
            if (patch.Text("$patch") == "delete")
            {
                resources.Remove(resource);
            }
            else
            {
                StrategicMerge.Apply(resource.Root, Anonymous(patch));
            }
        }
    }

    // With a target the patch's own identity is only there because it must be.
    private static JsonObject Anonymous(JsonObject patch)
    {
        var copy = (JsonObject)patch.DeepClone();
        copy.Remove("apiVersion");
        copy.Remove("kind");
        copy.Ensure("metadata").Remove("name");
        return copy;
    }

    private static List<Resource> Select(List<Resource> resources, JsonNode target)
    {
        Renderer.Allow(target, ["group", "kind", "name", "labelSelector"], "target");
        return [.. resources.Where(resource =>
            Fits(target.Text("group"), resource.Group)
            && Fits(target.Text("kind"), resource.Kind)
            && Fits(target.Text("name"), resource.Name)
            && HasLabels(target.Text("labelSelector"), resource))];
    }

    private static bool Fits(string wanted, string given) => wanted.Length == 0 || Regex.IsMatch(given, $"^(?:{wanted})$");

    private static bool HasLabels(string selector, Resource resource) =>
        selector.Length == 0 || selector.Split(',').All(part => part.Split('=') is [var name, var value]
            ? resource.Root.Text("metadata", "labels", name) == value
            : throw new NotSupportedException($"labelSelector {selector}"));
}
