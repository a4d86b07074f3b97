using Sidecar.Configuration;

namespace Sidecar.Metrics;

/// <summary>Rewrites labels as spec.metrics.rules say (dapr-contract.md 13): what matches is replaced, the rest of the value stays.</summary>
internal sealed class LabelRules(IReadOnlyList<LabelRule> rules)
{
    /// <summary>Those of one label of one metric; none for nearly all.</summary>
    public IReadOnlyList<LabelRule> For(string metric, string label) =>
        [.. rules.Where(rule => rule.Metric == LabelRule.Normalize(metric) && rule.Label == label)];

    public static string Apply(IReadOnlyList<LabelRule> rules, string value)
    {
        // Indexed: an enumerator would be an allocation for every call that is counted.
        for (var i = 0; i < rules.Count; i++)
        {
            value = rules[i].Pattern.Replace(value, rules[i].Replacement);
        }

        return value;
    }
}
