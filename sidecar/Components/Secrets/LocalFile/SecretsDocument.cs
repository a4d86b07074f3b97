using System.Text.Json;

namespace Sidecar.Components.Secrets.LocalFile;

/// <summary>Turns the file's JSON into secrets (dapr-contract.md 9.1).</summary>
internal static class SecretsDocument
{
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Parse(
        ReadOnlyMemory<byte> json, LocalFileSecretOptions options)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind is not JsonValueKind.Object)
        {
            throw new JsonException("the document is not an object");
        }

        return options.MultiValued
            ? TopLevel(document.RootElement, options.NestedSeparator)
            : Leaves(document.RootElement, options.NestedSeparator).ToDictionary(
                leaf => leaf.Key, leaf => (IReadOnlyDictionary<string, string>)Single(leaf.Key, leaf.Value), StringComparer.Ordinal);
    }

    // As daprd: members that are neither text nor object are no secrets here.
    private static Dictionary<string, IReadOnlyDictionary<string, string>> TopLevel(JsonElement root, string separator)
    {
        var secrets = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var member in root.EnumerateObject())
        {
            if (member.Value.ValueKind is JsonValueKind.String)
            {
                secrets[member.Name] = Single(member.Name, member.Value.GetString()!);
            }
            else if (member.Value.ValueKind is JsonValueKind.Object)
            {
                secrets[member.Name] = Leaves(member.Value, separator);
            }
        }

        return secrets;
    }

    private static Dictionary<string, string> Leaves(JsonElement root, string separator)
    {
        var leaves = new Dictionary<string, string>(StringComparer.Ordinal);
        Visit(root, null);
        return leaves;

        void Visit(JsonElement element, string? path)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (var member in element.EnumerateObject())
                    {
                        Visit(member.Value, Join(path, member.Name));
                    }

                    break;
                case JsonValueKind.Array:
                    foreach (var (index, item) in element.EnumerateArray().Index())
                    {
                        Visit(item, Join(path, $"{index}"));
                    }

                    break;
                case JsonValueKind.String:
                    leaves[path!] = element.GetString()!;
                    break;
                default:
                    // daprd prints its formatter's complaint for these; the number as written is of more use.
                    leaves[path!] = element.ValueKind is JsonValueKind.Null ? "" : element.GetRawText();
                    break;
            }
        }

        string Join(string? path, string name) => path is null ? name : $"{path}{separator}{name}";
    }

    private static Dictionary<string, string> Single(string name, string value) =>
        new(StringComparer.Ordinal) { [name] = value };
}
