using System.Globalization;
using System.Text.Json.Nodes;

namespace DaprShop.Tests.Manifests.Rendering;

/// <summary>JSON 6902: add, replace, remove, test.</summary>
internal static class JsonPatch
{
    public static void Apply(JsonObject root, JsonArray operations)
    {
        foreach (var operation in operations.OfType<JsonObject>())
        {
            Renderer.Allow(operation, ["op", "path", "value"], "JSON patch");
            Apply(root, operation.Text("op"), operation.Text("path"), operation["value"]);
        }
    }

    private static void Apply(JsonObject root, string operation, string path, JsonNode? value)
    {
        var names = path[1..].Split('/').Select(name => name.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
        JsonNode parent = root;
        foreach (var name in names[..^1])
        {
            parent = Child(parent, name) ?? throw new InvalidOperationException($"{path}: {name} is not there.");
        }

        var last = names[^1];
        var there = last == "-" ? null : Child(parent, last);
        switch (operation, parent)
        {
            case ("test", _) when JsonNode.DeepEquals(there, value):
                break;
            case ("add", JsonArray list) when last == "-":
                list.Add(value?.DeepClone());
                break;
            case ("add", JsonArray list):
                list.Insert(Index(last), value?.DeepClone());
                break;
            case ("add", JsonObject map):
                map[last] = value?.DeepClone();
                break;
            case ("replace", JsonArray list) when there is not null:
                list[Index(last)] = value?.DeepClone();
                break;
            case ("replace", JsonObject map) when there is not null:
                map[last] = value?.DeepClone();
                break;
            case ("remove", JsonArray list) when there is not null:
                list.RemoveAt(Index(last));
                break;
            case ("remove", JsonObject map) when there is not null:
                map.Remove(last);
                break;
            default:
                throw new InvalidOperationException($"{operation} {path} does not fit.");
        }
    }

    private static JsonNode? Child(JsonNode parent, string name) => parent switch
    {
        JsonObject map => map[name],
        JsonArray list when Index(name) < list.Count => list[Index(name)],
        _ => null,
    };

    private static int Index(string name) => int.Parse(name, NumberStyles.None, CultureInfo.InvariantCulture);
}
