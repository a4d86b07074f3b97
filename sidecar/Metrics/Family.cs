using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Sidecar.Configuration;

namespace Sidecar.Metrics;

/// <summary>The values of a family's labels, in the order of their names.</summary>
internal readonly record struct LabelValues(string First, string Second = "", string Third = "", string Fourth = "", string Fifth = "", string Sixth = "")
{
    public string this[int index] => index switch { 0 => First ?? "", 1 => Second, 2 => Third, 3 => Fourth, 4 => Fifth, _ => Sixth };
}

internal enum FamilyKind { Counter, Gauge, Histogram }

/// <summary>One metric and all its label values. Recording is a look-up and a few atomic additions; text is made only when asked for.</summary>
/// <param name="bounds">Upper bounds of a histogram.</param>
internal sealed class Family(
    string name, string help, FamilyKind kind, IReadOnlyList<KeyValuePair<string, string>> common, IReadOnlyList<string> labels, IReadOnlyList<double> bounds)
{
    private readonly ConcurrentDictionary<LabelValues, Series> _series = new();
    private readonly bool _isRewritten;
    private readonly IReadOnlyList<IReadOnlyList<LabelRule>> _rules = [];

    /// <summary>False: nothing is recorded.</summary>
    public bool IsOn { get; init; } = true;

    /// <summary>How the values are rewritten, label by label.</summary>
    public IReadOnlyList<IReadOnlyList<LabelRule>> Rules
    {
        init => (_rules, _isRewritten) = (value, value.Any(rules => rules.Count > 0));
    }

    public void Count(LabelValues values) => Count(values, 1);

    public void Count(LabelValues values, long times)
    {
        if (IsOn)
        {
            Of(values).Add(0, times, 0);
        }
    }

    /// <summary>Moves a gauge up or down.</summary>
    public void Move(LabelValues values, double by)
    {
        if (IsOn)
        {
            Of(values).Add(0, 0, by);
        }
    }

    public void Set(LabelValues values, double value)
    {
        if (IsOn)
        {
            Of(values).Set(value);
        }
    }

    public void Observe(LabelValues values, double value)
    {
        if (!IsOn)
        {
            return;
        }

        var bucket = 0;
        while (bucket < bounds.Count && value > bounds[bucket])
        {
            bucket++;
        }

        Of(values).Add(bucket, 1, value);
    }

    public void Write(StringBuilder text)
    {
        if (_series.IsEmpty)
        {
            return;
        }

        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
        text.Append("# TYPE ").Append(name).Append(kind switch
        {
            FamilyKind.Counter => " counter\n",
            FamilyKind.Gauge => " gauge\n",
            _ => " histogram\n",
        });
        foreach (var (values, series) in _series.OrderBy(pair => Labels(pair.Key), StringComparer.Ordinal))
        {
            Write(text, Labels(values), series);
        }
    }

    private void Write(StringBuilder text, string labels, Series series)
    {
        var counts = series.Counts();
        if (kind != FamilyKind.Histogram)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {(kind == FamilyKind.Gauge ? series.Sum : counts[0])}\n");
            return;
        }

        var total = 0L;
        for (var i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            var bound = i < bounds.Count ? bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels},le=\"{bound}\"}} {total}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{name}_sum{{{labels}}} {series.Sum}\n{name}_count{{{labels}}} {total}\n");
    }

    private Series Of(LabelValues values) =>
        _series.GetOrAdd(_isRewritten ? Rewrite(values) : values, static (_, size) => new Series(size), bounds.Count + 1);

    private LabelValues Rewrite(LabelValues values)
    {
        return new LabelValues(Of(0), Of(1), Of(2), Of(3), Of(4), Of(5));

        string Of(int index) => index < _rules.Count ? LabelRules.Apply(_rules[index], values[index]) : "";
    }

    private string Labels(LabelValues values) => string.Join(
        ',',
        common.Concat(labels.Select((label, index) => new KeyValuePair<string, string>(label, values[index])))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{pair.Key}=\"{Escape(pair.Value)}\""));

    private static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);

    private sealed class Series(int size)
    {
        private readonly long[] _counts = new long[size];
        private double _sum;

        public double Sum => Volatile.Read(ref _sum);

        public void Set(double value) => Volatile.Write(ref _sum, value);

        public void Add(int bucket, long times, double value)
        {
            Interlocked.Add(ref _counts[bucket], times);
            var seen = Volatile.Read(ref _sum);
            while (value != 0 && Interlocked.CompareExchange(ref _sum, seen + value, seen) is var now && !now.Equals(seen))
            {
                seen = now;
            }
        }

        public long[] Counts() => [.. Enumerable.Range(0, _counts.Length).Select(i => Interlocked.Read(ref _counts[i]))];
    }
}
