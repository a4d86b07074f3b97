using System.Text.Json;
using System.Text.RegularExpressions;

namespace DaprShop.ServiceDefaults.Faults;

/// <summary>
/// Words a serializer's complaint for the caller: the member's path in JSON and what is wrong with it, without the .NET type
/// names that the exception's own text carries.
/// </summary>
internal static partial class JsonFaults
{
    /// <summary>The member name of faults that no member owns.</summary>
    public const string Body = "$";

    private static readonly string[] Required = ["is required"];

    public static IReadOnlyDictionary<string, string[]> Describe(JsonException fault)
    {
        var path = Member(fault.Path);
        // The serializer tells its reasons apart by text only; anything unrecognised falls back to the path alone.
        var text = fault.Message;
        if (text.Contains("missing required properties", StringComparison.Ordinal))
        {
            var prefix = path == Body ? "" : path + ".";
            return Quoted().Matches(text[text.IndexOf("including:", StringComparison.Ordinal)..])
                .ToDictionary(match => prefix + match.Groups[1].Value, _ => Required);
        }

        return new Dictionary<string, string[]> { [path] = [Reason(text, path)] };
    }

    /// <summary>The same in one line, such as <c>total.amount is of the wrong type or out of range</c>.</summary>
    public static string Sentence(JsonException fault) =>
        string.Join("; ", Describe(fault).SelectMany(member => member.Value.Select(reason => $"{member.Key} {reason}")));

    private static string Reason(string text, string path) => text switch
    {
        _ when text.Contains("could not be mapped", StringComparison.Ordinal) => "is not a known member",
        _ when text.Contains("doesn't allow null", StringComparison.Ordinal) => "must not be null",
        _ when text.StartsWith("Duplicate property", StringComparison.Ordinal) => "is given more than once",
        _ when text.Contains("could not be converted", StringComparison.Ordinal) =>
            path == Body ? "must be a JSON object" : "is of the wrong type or out of range",
        _ => "is not valid JSON",
    };

    private static string Member(string? path) => path switch
    {
        null or "" or "$" => Body,
        _ when path.StartsWith("$.", StringComparison.Ordinal) => path[2..],
        _ when path.StartsWith('$') => path[1..],
        _ => path,
    };

    [GeneratedRegex("'([^']+)'")]
    private static partial Regex Quoted();
}
