using System.Globalization;
using Sidecar.Configuration;

namespace Sidecar.Cli;

/// <summary>What a command line said. Values were checked when it was read; the last of several wins, except in lists.</summary>
internal sealed class ParsedFlags(
    IReadOnlyDictionary<string, List<string>> values, IReadOnlyList<string> arguments, IReadOnlyList<string> errors)
{
    /// <summary>The words that are no flags.</summary>
    public IReadOnlyList<string> Arguments { get; } = arguments;

    public IReadOnlyList<string> Errors { get; } = errors;

    public string? Text(string name) => values.TryGetValue(name, out var list) ? list[^1] : null;

    public int? Number(string name) => Text(name) is { } text && TryNumber(text, out var number) ? number : null;

    public bool? Switch(string name) => Text(name) is { } text && TrySwitch(text, out var on) ? on : null;

    public TimeSpan? Duration(string name) => Text(name) is { } text && GoDuration.TryParse(text, out var duration) ? duration : null;

    public long? Size(string name) => Text(name) is { } text && ResourceQuantity.TryParse(text, out var bytes) ? bytes : null;

    public IReadOnlyList<string> List(string name) =>
        values.TryGetValue(name, out var list)
            ? [.. list.SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))]
            : [];

    internal static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    /// <summary>The words Go's strconv.ParseBool knows.</summary>
    internal static bool TrySwitch(string text, out bool on)
    {
        on = text is "1" or "t" or "T" or "true" or "TRUE" or "True";
        return on || text is "0" or "f" or "F" or "false" or "FALSE" or "False";
    }
}
