using System.Text.Json.Nodes;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Faults;

/// <summary>One entry of faults.yaml or sources.yaml.</summary>
internal sealed class Fault(JsonNode entry)
{
    private const string Pod = "/spec/template/spec";

    /// <summary>The rule that must report it; "none": no rule can, "render": it must not even render.</summary>
    public string Rule => entry.Text("rule");

    public string Overlay => entry.Has("overlay") ? entry.Text("overlay") : "prod-redis";

    public string Name => string.Join(' ', new[] { "overlay", "at", "op", "path", "value", "file", "find", "put" }
        .Select(part => entry.At(part) is JsonValue ? entry.Text(part) : entry.At(part)?.ToJsonString()).Where(text => !string.IsNullOrEmpty(text)));

    public static IReadOnlyList<Fault> Load(string file) =>
        [.. ((JsonArray)YamlText.Documents(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Faults", file)))[0]).Select(entry => new Fault(entry!))];

    /// <summary>Of faults.yaml: changes what was rendered.</summary>
    public void PlantIn(List<Resource> resources)
    {
        var resource = resources.Single(one => $"{one.Kind}/{one.Name}" == entry.Text("at"));
        switch (entry.Text("op"))
        {
            case "delete":
                resources.Remove(resource);
                break;
            case "copy":
                resources.Add(resource.Copy());
                break;
            default:
                var operation = new JsonObject { ["op"] = entry.Text("op"), ["path"] = Find(resource.Root, entry.Text("path")), ["value"] = entry["value"]?.DeepClone() };
                JsonPatch.Apply(resource.Root, [operation]);
                break;
        }
    }

    /// <summary>Of sources.yaml: the files with the change.</summary>
    public ManifestFiles PlantInFiles()
    {
        var text = Repository.Read(entry.Text("file"));
        return text.Split(entry.Text("find")).Length == 2
            ? new ManifestFiles(new Dictionary<string, string> { [entry.Text("file")] = text.Replace(entry.Text("find"), entry.Text("put"), StringComparison.Ordinal) })
            : throw new InvalidOperationException($"{Name}: the text is not there once.");
    }

    // The short forms, and [x] as the index of the item with that name.
    private static string Find(JsonObject root, string path)
    {
        path = path.Replace("dapr.io/", "/spec/template/metadata/annotations/dapr.io~1", StringComparison.Ordinal);
        path = path.StartsWith("pod/", StringComparison.Ordinal) ? Pod + path[3..] : path.StartsWith("app/", StringComparison.Ordinal) ? Pod + "/containers/0" + path[3..] : path;
        var found = new List<string>();
        JsonNode? at = root;
        foreach (var part in path[1..].Split('/'))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal);
            if (part.StartsWith('[') && at is JsonArray list)
            {
                var index = list.ToList().FindIndex(item => item.Text("name") == part[1..^1]);
                found.Add(index < 0 ? throw new KeyNotFoundException(path) : $"{index}");
                at = list[index];
            }
            else
            {
                found.Add(part);
                at = at is JsonArray items && int.TryParse(part, out var index) && index < items.Count ? items[index] : at.At(name);
            }
        }

        return "/" + string.Join('/', found);
    }
}
