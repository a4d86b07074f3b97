using System.Text.Json.Nodes;

namespace DaprShop.Tests.Manifests.Rendering;

/// <summary>
/// What <c>kubectl kustomize</c> does, as far as our overlays need it: resources, components, patches (strategic merge and JSON 6902), labels,
/// namespace and images. Throws <see cref="NotSupportedException"/> for everything else, so that nothing is left out in silence.
/// </summary>
internal sealed class Renderer(ManifestFiles files)
{
    private static readonly string[] Fields = ["apiVersion", "kind", "namespace", "resources", "components", "patches", "labels", "images"];
    private static readonly HashSet<string> WithoutNamespace = ["Namespace", "PriorityClass", "ClusterRole", "ClusterRoleBinding"];

    /// <param name="folder">Of a kustomization, from the root of the repository.</param>
    public IReadOnlyList<Resource> Render(string folder)
    {
        var resources = new List<Resource>();
        Build(folder, resources);
        return resources;
    }

    // A kustomization brings its own resources; a component changes those that are there already.
    private void Build(string folder, List<Resource> into)
    {
        var kustomization = YamlText.Single(files.Read($"{folder}/kustomization.yaml"));
        Allow(kustomization, Fields, folder);
        var isComponent = kustomization.Text("kind") == "Component";
        var own = isComponent ? into : [];

        foreach (var path in kustomization.Texts("resources").Select(path => ManifestFiles.Combine(folder, path)))
        {
            if (ManifestFiles.IsFolder(path))
            {
                Build(path, own);
            }
            else
            {
                own.AddRange(YamlText.Documents(files.Read(path)).Select(document => new Resource((JsonObject)document)));
            }
        }

        foreach (var path in kustomization.Texts("components"))
        {
            Build(ManifestFiles.Combine(folder, path), own);
        }

        RefuseTwins(own, folder);
        foreach (var patch in kustomization.Items("patches"))
        {
            Allow(patch, ["target", "patch", "path"], folder);
            var text = patch.Has("path") ? files.Read(ManifestFiles.Combine(folder, patch.Text("path"))) : patch.Text("patch");
            Patches.Apply(own, patch.At("target"), text);
        }

        SetNamespace(own, kustomization.Text("namespace"));
        foreach (var label in kustomization.Items("labels"))
        {
            AddLabels(own, label, folder);
        }

        foreach (var image in kustomization.Items("images"))
        {
            Allow(image, ["name", "newName", "newTag", "digest"], folder);
            Images.Set(own, image);
        }

        if (!isComponent)
        {
            into.AddRange(own);
        }
    }

    public static void Allow(JsonNode node, IReadOnlyCollection<string> names, string where)
    {
        var strange = node.Members().Select(member => member.Key).Except(names).ToList();
        if (strange.Count > 0)
        {
            throw new NotSupportedException($"{where}: {string.Join(", ", strange)}");
        }
    }

    private static void RefuseTwins(List<Resource> resources, string folder)
    {
        var twin = resources.GroupBy(resource => resource.Id).FirstOrDefault(group => group.Count() > 1);
        if (twin is not null)
        {
            throw new InvalidOperationException($"{folder}: {twin.Key} is there twice.");
        }
    }

    private static void SetNamespace(List<Resource> resources, string name)
    {
        foreach (var resource in resources.Where(resource => name.Length > 0 && !WithoutNamespace.Contains(resource.Kind)))
        {
            resource.Root.Ensure("metadata")["namespace"] = name;
        }
    }

    private static void AddLabels(List<Resource> resources, JsonNode label, string folder)
    {
        Allow(label, ["pairs", "includeTemplates"], folder);
        foreach (var (name, value) in label.Members("pairs"))
        {
            foreach (var resource in resources)
            {
                resource.Root.Ensure("metadata", "labels")[name] = value!.DeepClone();
                if (label.Text("includeTemplates") == "true" && resource.Root.Has("spec", "template"))
                {
                    resource.Root.Ensure("spec", "template", "metadata", "labels")[name] = value.DeepClone();
                }
            }
        }
    }
}
