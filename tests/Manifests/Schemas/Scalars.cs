using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DaprShop.Tests.Manifests.Schemas;

/// <summary>The scalar types of the schema files.</summary>
internal static partial class Scalars
{
    public static bool Fits(JsonNode? node, string type)
    {
        if (type == "any")
        {
            return true;
        }

        var text = node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
        return type switch
        {
            "string" => text is not null,
            "text" => text is { Length: > 0 },
            "name" => text is not null && ObjectName().IsMatch(text),
            "boolean" => node is JsonValue && node.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
            "integer" => Whole(node) is not null,
            "natural" => Whole(node) >= 0,
            "port" => Whole(node) is >= 1 and <= 65535,
            "portName" => Whole(node) is >= 1 and <= 65535 || (text is not null && ObjectName().IsMatch(text)),
            "quantity" => Whole(node) >= 0 || (text is not null && Quantity().IsMatch(text)),
            "duration" => text is not null && Duration().IsMatch(text),
            "cidr" => text is not null && IPNetwork.TryParse(text, out _),
            _ when type.StartsWith("string(", StringComparison.Ordinal) => text is not null && type["string(".Length..^1].Split('|').Contains(text),
            _ => throw new NotSupportedException(type),
        };
    }

    private static long? Whole(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<long>(out var whole) ? whole : null;

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\z")]
    private static partial Regex ObjectName();

    [GeneratedRegex(@"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?\z")]
    private static partial Regex Quantity();

    [GeneratedRegex(@"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+\z")]
    private static partial Regex Duration();
}
