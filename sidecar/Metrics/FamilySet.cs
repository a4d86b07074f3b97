using System.Text;
using Sidecar.Configuration;
using Sidecar.Host;

namespace Sidecar.Metrics;

/// <summary>All metrics of one sidecar. Each has the app's id as a label, and those that daprd places have the namespace.</summary>
internal sealed class FamilySet(SidecarOptions options, MetricsSpec spec)
{
    private static readonly double[] None = [];

    private readonly List<Family> _families = [];
    private readonly LabelRules _rules = new(spec.Rules);

    /// <summary>False: nothing is recorded, since nobody can ask.</summary>
    public bool IsOn { get; } = options.MetricsPort is not null && spec.Enabled;

    public Family Counter(string name, string help, bool isPlaced, params IReadOnlyList<string> labels) =>
        Add(name, help, FamilyKind.Counter, isPlaced, None, labels);

    /// <summary>A value that goes up and down.</summary>
    public Family Gauge(string name, string help, bool isPlaced, params IReadOnlyList<string> labels) =>
        Add(name, help, FamilyKind.Gauge, isPlaced, None, labels);

    /// <summary>Milliseconds.</summary>
    public Family Latency(string name, string help, bool isPlaced, params IReadOnlyList<string> labels) =>
        Histogram(name, help, isPlaced, spec.Buckets, labels);

    public Family Histogram(string name, string help, bool isPlaced, IReadOnlyList<double> bounds, params IReadOnlyList<string> labels) =>
        Add(name, help, FamilyKind.Histogram, isPlaced, bounds, labels);

    /// <summary>Everything so far, in Prometheus' text format.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        foreach (var family in _families)
        {
            family.Write(text);
        }

        return text.ToString();
    }

    private Family Add(string name, string help, FamilyKind kind, bool isPlaced, IReadOnlyList<double> bounds, IReadOnlyList<string> labels)
    {
        IEnumerable<KeyValuePair<string, string>> common = [new("app_id", options.AppId)];
        if (isPlaced)
        {
            common = common.Append(new("namespace", options.Namespace));
        }

        var rewritten = common.Select(label => KeyValuePair.Create(label.Key, LabelRules.Apply(_rules.For(name, label.Key), label.Value)));
        var family = new Family($"dapr_{name}", help, kind, [.. rewritten], labels, bounds)
        {
            IsOn = IsOn,
            Rules = [.. labels.Select(label => _rules.For(name, label))],
        };
        _families.Add(family);
        return family;
    }
}
