using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Sidecar.Configuration;

/// <summary>
/// A place in a YAML document together with its path. Reading never throws: what is wrong is reported with file, line
/// and path, and the reader goes on with a neutral value, so that one run shows every mistake.
/// </summary>
internal readonly struct YamlMember
{
    private readonly YamlProblems _problems;
    private readonly YamlNode? _node;
    private readonly int _parentLine;

    public YamlMember(YamlProblems problems, YamlNode? node, string path, int parentLine)
    {
        (_problems, _node, Path, _parentLine) = (problems, node, path, parentLine);
    }

    public string Path { get; }

    /// <summary>False for a member that is absent or null.</summary>
    public bool IsPresent => _node is not null && !IsNull(_node);

    public bool IsMapping => _node is YamlMappingNode;

    public bool IsList => _node is YamlSequenceNode;

    /// <summary>The line inside the document; an absent member is reported where its parent begins.</summary>
    public int Line => _node is null ? _parentLine : (int)_node.Start.Line;

    /// <summary>The line in the file.</summary>
    public int FileLine => Line + _problems.LineOffset;

    public string File => _problems.File;

    public void Error(string message) => _problems.Error(Line, Path.Length == 0 ? "document" : Path, message);

    public void Warn(string message) => _problems.Warn(Line, Path, message);

    public YamlMember this[string name]
    {
        get
        {
            var path = Path.Length == 0 ? name : $"{Path}.{name}";
            var value = _node is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(name), out var child) ? child : null;
            return new YamlMember(_problems, value, path, Line);
        }
    }

    /// <summary>The members of a mapping; none when absent, an error when it is something else.</summary>
    public IEnumerable<(string Name, YamlMember Value)> Entries()
    {
        if (!IsPresent)
        {
            return [];
        }

        if (_node is not YamlMappingNode mapping)
        {
            Error("must be a mapping");
            return [];
        }

        var self = this;
        return mapping.Children.Select(pair => (Key(pair.Key), self.At(Key(pair.Key), pair.Value)));
    }

    /// <summary>The elements of a list; none when absent, an error when it is something else.</summary>
    public IEnumerable<YamlMember> Items()
    {
        if (!IsPresent)
        {
            return [];
        }

        if (_node is not YamlSequenceNode sequence)
        {
            Error("must be a list");
            return [];
        }

        var (problems, path, line) = (_problems, Path, Line);
        return sequence.Children.Select((item, index) => new YamlMember(problems, item, $"{path}[{index}]", line));
    }

    /// <summary>The text of a scalar as it is written; null when absent.</summary>
    public string? Text()
    {
        if (!IsPresent)
        {
            return null;
        }

        if (_node is YamlScalarNode scalar)
        {
            return scalar.Value;
        }

        Error("must be a single value");
        return null;
    }

    public string RequiredText()
    {
        if (_node is not null && _node is not YamlScalarNode)
        {
            return Text() ?? "";
        }

        var text = Text();
        if (string.IsNullOrWhiteSpace(text))
        {
            Error("is required");
        }

        return text ?? "";
    }

    /// <summary>A scalar's text, or the JSON text of a mapping or list.</summary>
    public string TextOrJson() => IsPresent ? YamlJson.TextOf(_node!) : "";

    /// <summary>Tells whether this has changed between two readings; absent and null are the same.</summary>
    public string Content => IsPresent ? YamlContent.Of(_node) : "";

    public bool? Flag()
    {
        var text = Text();
        if (text is null)
        {
            return null;
        }

        if (bool.TryParse(text, out var flag))
        {
            return flag;
        }

        Error($"must be true or false, not '{text}'");
        return null;
    }

    public int? Integer(int minimum = int.MinValue)
    {
        var text = Text();
        if (text is null)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= minimum)
        {
            return number;
        }

        Error(minimum == int.MinValue ? $"must be a whole number, not '{text}'" : $"must be a whole number of at least {minimum}, not '{text}'");
        return null;
    }

    public TimeSpan? Duration()
    {
        var text = Text();
        if (text is null)
        {
            return null;
        }

        if (GoDuration.TryParse(text, out var duration) && duration >= TimeSpan.Zero)
        {
            return duration;
        }

        Error($"must be a duration such as 500ms, 5s or 1h30m, not '{text}'");
        return null;
    }

    public IReadOnlyDictionary<string, string> TextMap()
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in Entries())
        {
            map[name] = value.TextOrJson();
        }

        return map;
    }

    /// <summary>Warns about members daprd would ignore silently; a mistyped name is the usual cause. Names in x- are other tools'.</summary>
    public void KnownMembers(params string[] names)
    {
        if (_node is not YamlMappingNode mapping)
        {
            return;
        }

        foreach (var (key, value) in mapping.Children)
        {
            var name = Key(key);
            if (!names.Contains(name, StringComparer.Ordinal) && !name.StartsWith("x-", StringComparison.Ordinal))
            {
                var nearest = NearestName.Of(name, names);
                At(name, value).Warn(nearest is null ? "is not a known member and is ignored" : $"is not a known member and is ignored; did you mean '{nearest}'?");
            }
        }
    }

    private YamlMember At(string name, YamlNode value) =>
        new(_problems, value, Path.Length == 0 ? name : $"{Path}.{name}", Line);

    private static string Key(YamlNode key) => key is YamlScalarNode { Value: { } name } ? name : key.ToString();

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };
}
