using System.Text.Json.Nodes;

namespace DaprShop.Tests.Manifests.Rendering;

/// <summary>Names of images, and the <c>images</c> of a kustomization.</summary>
internal static class Images
{
    public static void Set(IEnumerable<Resource> resources, JsonNode image)
    {
        var containers = resources.SelectMany(resource => new[] { "containers", "initContainers" }
            .SelectMany(list => resource.Root.Items("spec", "template", "spec", list)));
        foreach (var container in containers.OfType<JsonObject>())
        {
            var (name, version) = Split(container.Text("image"));
            if (name == image.Text("name"))
            {
                container["image"] = (image.Has("newName") ? image.Text("newName") : name)
                    + (image.Has("digest") ? "@" + image.Text("digest") : image.Has("newTag") ? ":" + image.Text("newTag") : version);
            }
        }
    }

    /// <returns>The version with its ":" or "@"; "" if there is none.</returns>
    public static (string Name, string Version) Split(string image)
    {
        var at = image.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
        {
            // A colon before the last slash belongs to a port.
            at = image.IndexOf(':', image.LastIndexOf('/') + 1);
        }

        return at < 0 ? (image, "") : (image[..at], image[at..]);
    }
}
