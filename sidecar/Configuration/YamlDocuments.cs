using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Sidecar.Configuration;

/// <summary>
/// Splits a file as daprd does, on lines that start with three dashes, and parses each document by itself, so that a
/// broken document does not hide the mistakes of its neighbours.
/// </summary>
internal static class YamlDocuments
{
    public static IEnumerable<YamlMember> Read(
        string file, string text, ICollection<ConfigurationError> errors, ICollection<ConfigurationError> warnings)
    {
        foreach (var (document, offset) in Split(text))
        {
            var problems = new YamlProblems(file, offset, errors, warnings);
            if (Parse(document, problems) is { } root)
            {
                yield return new YamlMember(problems, root, "", 1);
            }
        }
    }

    private static IEnumerable<(string Text, int Offset)> Split(string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var start = 0;
        for (var i = 0; i <= lines.Length; i++)
        {
            if (i == lines.Length || lines[i].StartsWith("---", StringComparison.Ordinal))
            {
                yield return (string.Join('\n', lines[start..i]), start);
                start = i + 1;
            }
        }
    }

    private static YamlNode? Parse(string document, YamlProblems problems)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new MergingParser(new Parser(new StringReader(document))));
            var root = stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode;
            return root is YamlScalarNode { Value: null or "" } ? null : root;
        }
        catch (YamlException exception)
        {
            problems.Error((int)exception.Start.Line, "document", $"is not valid YAML: {exception.InnerException?.Message ?? exception.Message}");
            return null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or KeyNotFoundException)
        {
            // The library's scanner meets some malformed documents so, without a position.
            problems.Error(1, "document", $"is not valid YAML: {exception.Message}");
            return null;
        }
    }
}
