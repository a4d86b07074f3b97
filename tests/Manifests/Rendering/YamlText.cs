using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace DaprShop.Tests.Manifests.Rendering;

/// <summary>YAML as JSON nodes, with the types that Kubernetes reads: only a plain scalar is a number, a truth value or null.</summary>
internal static class YamlText
{
    /// <summary>Words that older readers take for truth values and newer ones for text.</summary>
    private static readonly HashSet<string> Ambiguous = new(["yes", "no", "on", "off", "y", "n"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Throws <see cref="FormatException"/> for an ambiguous word and <see cref="YamlException"/> for what is no YAML.</summary>
    /// <returns>Every document that is not empty.</returns>
    public static IReadOnlyList<JsonNode> Documents(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => Node(document.RootNode)).OfType<JsonNode>()];
    }

    public static JsonObject Single(string text) => Documents(text) is [JsonObject only] ? only : throw new FormatException("One mapping was expected.");

    private static JsonNode? Node(YamlNode node) => node switch
    {
        YamlMappingNode map => Map(map),
        YamlSequenceNode list => new JsonArray([.. list.Select(Node)]),
        YamlScalarNode scalar => Scalar(scalar),
        _ => throw new FormatException($"{node.GetType().Name} is not supported."),
    };

    private static JsonObject Map(YamlMappingNode map)
    {
        var result = new JsonObject();
        foreach (var (key, value) in map.Children)
        {
            var name = ((YamlScalarNode)key).Value!;
            Refuse(key is YamlScalarNode { Style: ScalarStyle.Plain } && Ambiguous.Contains(name), name);
            result.Add(name, Node(value));
        }

        return result;
    }

    private static JsonNode? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain)
        {
            return JsonValue.Create(text);
        }

        Refuse(Ambiguous.Contains(text), text);
        return text switch
        {
            "" or "~" or "null" => null,
            "true" => JsonValue.Create(true),
            "false" => JsonValue.Create(false),
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
            _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
            _ => JsonValue.Create(text),
        };
    }

    private static void Refuse(bool isAmbiguous, string word)
    {
        if (isAmbiguous)
        {
            throw new FormatException($"'{word}' is a truth value for some readers: quote it.");
        }
    }
}
