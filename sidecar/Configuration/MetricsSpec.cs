using System.Globalization;

namespace Sidecar.Configuration;

/// <summary>What the metrics tell, and how finely (spec.metrics, dapr-contract.md 13).</summary>
/// <param name="IncreasedCardinality">True: the path of a request is a label, as far as it is no key or id; false: only where a template of <paramref name="PathMatching"/> fits.</param>
/// <param name="Buckets">Upper bounds of the latency histograms, in milliseconds.</param>
internal sealed record MetricsSpec(
    bool Enabled, bool IncreasedCardinality, bool ExcludeVerbs, IReadOnlyList<string> PathMatching, IReadOnlyList<double> Buckets)
{
    public static readonly MetricsSpec Default = new(
        true,
        true,
        false,
        [],
        [
            1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 40, 50, 65, 80, 100, 130, 160, 200, 250, 300, 400, 500, 650, 800,
            1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000,
        ]);

    /// <summary>Upper bounds for how long workflows and activities run; null: <see cref="Buckets"/>.</summary>
    public IReadOnlyList<double>? WorkflowBuckets { get; init; }

    /// <summary>True: error answers are counted by their code.</summary>
    public bool RecordErrorCodes { get; init; }

    public IReadOnlyList<LabelRule> Rules { get; init; } = [];

    public static MetricsSpec Read(YamlMember metrics, MetricsSpec earlier)
    {
        metrics.KnownMembers("enabled", "recordErrorCodes", "http", "latencyDistributionBuckets", "rules", "workflow");
        var http = metrics["http"];
        http.KnownMembers("increasedCardinality", "pathMatching", "excludeVerbs");
        var workflow = metrics["workflow"];
        workflow.KnownMembers("latencyDistributionBuckets");
        return new MetricsSpec(
            metrics["enabled"].Flag() ?? earlier.Enabled,
            http["increasedCardinality"].Flag() ?? earlier.IncreasedCardinality,
            http["excludeVerbs"].Flag() ?? earlier.ExcludeVerbs,
            http["pathMatching"].IsPresent ? [.. http["pathMatching"].Items().Select(item => item.RequiredText())] : earlier.PathMatching,
            metrics["latencyDistributionBuckets"].IsPresent ? Bounds(metrics["latencyDistributionBuckets"], earlier.Buckets) : earlier.Buckets)
        {
            WorkflowBuckets = workflow["latencyDistributionBuckets"].IsPresent
                ? Bounds(workflow["latencyDistributionBuckets"], earlier.Buckets)
                : earlier.WorkflowBuckets,
            RecordErrorCodes = metrics["recordErrorCodes"].Flag() ?? earlier.RecordErrorCodes,
            Rules = LabelRule.Read(metrics["rules"], earlier.Rules),
        };
    }

    private static IReadOnlyList<double> Bounds(YamlMember list, IReadOnlyList<double> earlier)
    {
        var bounds = list.Items().Select(item => (double)(item.Integer(1) ?? 0)).ToList();
        for (var i = 1; i < bounds.Count; i++)
        {
            if (bounds[i] <= bounds[i - 1])
            {
                list.Error(string.Create(CultureInfo.InvariantCulture, $"must grow: {bounds[i]} comes after {bounds[i - 1]}"));
                break;
            }
        }

        return bounds.Count == 0 ? earlier : bounds;
    }
}
