using System.Text.RegularExpressions;

namespace Sidecar.Configuration;

/// <summary>One pattern of spec.metrics.rules: what matches in that label of that metric becomes the replacement.</summary>
/// <param name="Metric">Without the prefix <c>dapr_</c>.</param>
internal sealed record LabelRule(string Metric, string Label, Regex Pattern, string Replacement)
{
    /// <summary>daprd takes the name as it is scraped and as it calls the metric inside, with slashes.</summary>
    public static string Normalize(string metric) =>
        (metric.StartsWith("dapr_", StringComparison.Ordinal) ? metric["dapr_".Length..] : metric).Replace('/', '_');

    public static IReadOnlyList<LabelRule> Read(YamlMember rules, IReadOnlyList<LabelRule> earlier)
    {
        if (!rules.IsPresent)
        {
            return earlier;
        }

        var read = new List<LabelRule>();
        foreach (var rule in rules.Items())
        {
            rule.KnownMembers("name", "labels");
            var metric = Normalize(rule["name"].RequiredText());
            foreach (var label in rule["labels"].Items())
            {
                label.KnownMembers("name", "regex");
                var name = label["name"].RequiredText();
                foreach (var (replacement, pattern) in label["regex"].Entries())
                {
                    if (Parse(pattern) is { } parsed)
                    {
                        read.Add(new LabelRule(metric, name, parsed, replacement));
                    }
                }
            }
        }

        return read;
    }

    private static Regex? Parse(YamlMember pattern)
    {
        var text = pattern.RequiredText();
        if (text.Length == 0)
        {
            return null;
        }

        try
        {
            // Go's patterns cannot run away on a long value, and neither may these.
            return new Regex(text, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (Exception mistake) when (mistake is ArgumentException or NotSupportedException)
        {
            pattern.Error($"is no regular expression: {mistake.Message}");
            return null;
        }
    }
}
