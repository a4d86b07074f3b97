using System.Globalization;
using System.Text.RegularExpressions;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>Durations as Go writes them.</summary>
internal static partial class Durations
{
    /// <returns>Null: it is none.</returns>
    public static double? Seconds(string text)
    {
        if (!Whole().IsMatch(text))
        {
            return null;
        }

        return Part().Matches(text).Sum(part => double.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture) * part.Groups[2].Value switch
        {
            "ms" => 0.001,
            "m" => 60,
            "h" => 3600,
            _ => 1,
        });
    }

    [GeneratedRegex(@"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")]
    private static partial Regex Part();
}
