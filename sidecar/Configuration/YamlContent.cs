using System.Text;
using YamlDotNet.RepresentationModel;

namespace Sidecar.Configuration;

/// <summary>
/// The content of a YAML node as one text, to tell whether a document has changed: comments, layout and the order of
/// members do not count; a value is compared as written, before placeholders, the environment and secrets.
/// </summary>
internal static class YamlContent
{
    public static string Of(YamlNode? node)
    {
        var text = new StringBuilder();
        Write(text, node);
        return text.ToString();
    }

    private static void Write(StringBuilder text, YamlNode? node)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                text.Append('{');
                foreach (var (key, value) in mapping.Children.Select(pair => (Of(pair.Key), pair.Value)).OrderBy(pair => pair.Item1, StringComparer.Ordinal))
                {
                    text.Append(key).Append(':');
                    Write(text, value);
                }

                text.Append('}');
                break;
            case YamlSequenceNode sequence:
                text.Append('[');
                foreach (var item in sequence.Children)
                {
                    Write(text, item);
                }

                text.Append(']');
                break;
            default:
                // The length first, so that no value can look like two.
                var scalar = (node as YamlScalarNode)?.Value ?? "";
                text.Append(scalar.Length).Append('"').Append(scalar).Append('"');
                break;
        }
    }
}
