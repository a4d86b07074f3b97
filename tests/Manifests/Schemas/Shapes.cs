using System.Text.Json.Nodes;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Schemas;

/// <summary>The shapes of a schema file, by "kind apiVersion" and, for shared ones, by their name with its "=".</summary>
internal sealed class Shapes
{
    private static readonly JsonObject Metadata = YamlText.Single(
        """
        name!: name
        namespace: name
        labels: { "*": string }
        annotations: { "*": string }
        """);

    private readonly JsonObject _shapes;
    private readonly Version _version;

    /// <param name="version">Such as 1.17; fields of other versions are unknown.</param>
    private Shapes(JsonObject shapes, string version) => (_shapes, _version) = (shapes, Version.Parse(version));

    public static IReadOnlyList<string> DaprVersions { get; } = ["1.16", "1.17", "1.18"];

    public static Shapes Dapr(string version) => new(Load("dapr.yaml"), version);

    public static Shapes Kubernetes() => new(Load("kubernetes.yaml"), "1.30");

    public bool Knows(Resource resource) => _shapes.ContainsKey(Key(resource));

    /// <returns>What does not fit, with its place.</returns>
    public IReadOnlyList<string> Check(Resource resource)
    {
        var problems = new List<string>();
        if (_shapes[Key(resource)] is not JsonObject shape)
        {
            return [$"{Key(resource)} is not a kind that is known here"];
        }

        var whole = (JsonObject)shape.DeepClone();
        whole["apiVersion!"] = "string";
        whole["kind!"] = "string";
        whole["metadata!"] = Metadata.DeepClone();
        Check(resource.Root, whole, "", problems);
        return problems;
    }

    private static string Key(Resource resource) => $"{resource.Kind} {resource.ApiVersion}";

    private static JsonObject Load(string file) => YamlText.Single(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Schemas", file)));

    private void Check(JsonNode? node, JsonNode shape, string path, List<string> problems)
    {
        switch (shape)
        {
            case JsonValue value when value.GetValue<string>() is ['=', ..] shared:
                Check(node, _shapes[shared] ?? throw new KeyNotFoundException(shared), path, problems);
                break;
            case JsonValue value:
                if (!Scalars.Fits(node, value.GetValue<string>()))
                {
                    problems.Add($"{path}: {node?.ToJsonString() ?? "null"} is no {value.GetValue<string>()}");
                }

                break;
            case JsonArray { Count: 1 } list when node is JsonArray items:
                for (var at = 0; at < items.Count; at++)
                {
                    Check(items[at], list[0]!, $"{path}[{at}]", problems);
                }

                break;
            case JsonObject map when node is JsonObject members:
                CheckMembers(members, map, path, problems);
                break;
            default:
                problems.Add($"{path}: {node?.ToJsonString() ?? "null"} is no {(shape is JsonArray ? "list" : "mapping")}");
                break;
        }
    }

    private void CheckMembers(JsonObject members, JsonObject shape, string path, List<string> problems)
    {
        var fields = shape.Select(field => (Field: FieldName.Parse(field.Key), Shape: field.Value!)).Where(field => field.Field.IsIn(_version)).ToList();
        var any = fields.Find(field => field.Field.Name == "*").Shape;
        foreach (var (name, value) in members)
        {
            var known = fields.Find(field => field.Field.Name == name).Shape ?? any;
            if (known is null)
            {
                problems.Add($"{path}.{name} is unknown");
            }
            else
            {
                Check(value, known, $"{path}.{name}", problems);
            }
        }

        problems.AddRange(fields.Where(field => field.Field.IsRequired && !members.ContainsKey(field.Field.Name)).Select(field => $"{path}.{field.Field.Name} is missing"));
    }
}

/// <summary>A field's name as a schema file writes it: name, !, @since-until.</summary>
internal sealed record FieldName(string Name, bool IsRequired, Version? Since, Version? Until)
{
    public static FieldName Parse(string text)
    {
        var (rest, versions) = text.Split('@') is [var before, var after] ? (before, after.Split('-')) : (text, []);
        return new FieldName(
            rest.TrimEnd('!'),
            rest.EndsWith('!'),
            versions.Length > 0 ? Version.Parse(versions[0]) : null,
            versions.Length > 1 ? Version.Parse(versions[1]) : null);
    }

    public bool IsIn(Version version) => (Since is null || version >= Since) && (Until is null || version <= Until);
}
