using System.Text.Json.Nodes;

namespace DaprShop.Tests.Manifests.Rendering;

/// <summary>
/// Strategic merge: mappings are merged, null takes away, lists are replaced; of the kinds that Kubernetes brings, some lists are merged by a
/// key, what the patch names first.
/// </summary>
internal static class StrategicMerge
{
    private static readonly Dictionary<string, string> PodKeys = new()
    {
        ["containers"] = "name",
        ["initContainers"] = "name",
        ["env"] = "name",
        ["volumes"] = "name",
        ["volumeMounts"] = "mountPath",
        ["ports"] = "containerPort",
        ["topologySpreadConstraints"] = "topologyKey",
    };

    public static void Apply(JsonObject resource, JsonObject patch)
    {
        var keys = resource.Text("kind") is "Deployment" or "StatefulSet" or "DaemonSet" ? PodKeys : [];
        Merge(resource, patch, keys);
    }

    private static void Merge(JsonObject into, JsonObject patch, Dictionary<string, string> keys)
    {
        foreach (var (name, value) in patch)
        {
            if (name.StartsWith('$'))
            {
                throw new NotSupportedException($"{name} within a patch");
            }

            switch (value, into[name])
            {
                case (null, _):
                    into.Remove(name);
                    break;
                case (JsonObject change, JsonObject there):
                    Merge(there, change, keys);
                    break;
                case (JsonArray change, JsonArray there) when keys.TryGetValue(name, out var key):
                    into[name] = MergeLists(there, change, key, keys);
                    break;
                default:
                    into[name] = value.DeepClone();
                    break;
            }
        }
    }

    private static JsonArray MergeLists(JsonArray there, JsonArray change, string key, Dictionary<string, string> keys)
    {
        var rest = there.OfType<JsonObject>().ToList();
        var result = new JsonArray();
        foreach (var item in change.OfType<JsonObject>())
        {
            var same = rest.Find(other => JsonNode.DeepEquals(other[key], item[key]));
            if (same is null)
            {
                result.Add(item.DeepClone());
            }
            else
            {
                rest.Remove(same);
                var merged = (JsonObject)same.DeepClone();
                Merge(merged, item, keys);
                result.Add(merged);
            }
        }

        foreach (var item in rest)
        {
            result.Add(item.DeepClone());
        }

        return result;
    }
}
