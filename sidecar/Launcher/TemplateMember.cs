using Sidecar.Cli;
using Sidecar.Configuration;

namespace Sidecar.Launcher;

/// <summary>The kinds of values that only dapr.yaml has.</summary>
internal static class TemplateMember
{
    /// <summary>Null when it is absent or empty, which the official CLI does not tell apart.</summary>
    public static string? TextOrNull(this YamlMember member) => member.Text() is { Length: > 0 } text ? text : null;

    /// <summary>0 when absent or wrong.</summary>
    public static int Port(this YamlMember member)
    {
        var port = member.Integer() ?? 0;
        if (port is >= -1 and <= 65535)
        {
            return port;
        }

        member.Error($"must be a port from 1 to 65535 (0 or -1: not said), not {port}");
        return 0;
    }

    /// <summary>Null when absent or not one of the words.</summary>
    public static string? Choice(this YamlMember member, params IReadOnlyList<string> choices)
    {
        var text = member.TextOrNull();
        if (text is null || choices.Contains(text, StringComparer.Ordinal))
        {
            return text;
        }

        member.Error($"must be one of {string.Join(", ", choices)}, not '{text}'");
        return null;
    }

    /// <summary>Bytes; 0 when absent or wrong.</summary>
    public static long Size(this YamlMember member)
    {
        if (member.TextOrNull() is not { } text)
        {
            return 0;
        }

        if (ResourceQuantity.TryParse(text, out var bytes))
        {
            return bytes;
        }

        member.Error($"must be a size such as 4Mi, not '{text}'");
        return 0;
    }

    public static IReadOnlyList<string> Texts(this YamlMember member) => [.. member.Items().Select(item => item.Text()).OfType<string>()];

    /// <summary>Names and plain values; a nested mapping or list is a mistake.</summary>
    public static IReadOnlyDictionary<string, string> PlainMap(this YamlMember member) =>
        member.Entries().ToDictionary(entry => entry.Name, entry => entry.Value.Text() ?? "", StringComparer.Ordinal);
}
