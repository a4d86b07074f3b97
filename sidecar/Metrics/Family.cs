using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Sidecar.Metrics;

/// <summary>The values of a family's labels, in the order of their names.</summary>
internal readonly record struct LabelValues(string First, string Second = "", string Third = "", string Fourth = "", string Fifth = "")
{
    public string this[int index] => index switch { 0 => First, 1 => Second, 2 => Third, 3 => Fourth, _ => Fifth };
}

/// <summary>One metric and all its label values. Recording is a look-up and a few atomic additions; text is made only when asked for.</summary>
/// <param name="bounds">Upper bounds of a histogram; empty: a counter.</param>
internal sealed class Family(string name, string help, IReadOnlyList<KeyValuePair<string, string>> common, IReadOnlyList<string> labels, IReadOnlyList<double> bounds)
{
    private readonly ConcurrentDictionary<LabelValues, Series> _series = new();

    public void Count(LabelValues values) => Of(values).Add(0, 0);

    public void Observe(LabelValues values, double value)
    {
        var bucket = 0;
        while (bucket < bounds.Count && value > bounds[bucket])
        {
            bucket++;
        }

        Of(values).Add(bucket, value);
    }

    public void Write(StringBuilder text)
    {
        if (_series.IsEmpty)
        {
            return;
        }

        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
        text.Append("# TYPE ").Append(name).Append(bounds.Count > 0 ? " histogram\n" : " counter\n");
        foreach (var (values, series) in _series.OrderBy(pair => Labels(pair.Key), StringComparer.Ordinal))
        {
            Write(text, Labels(values), series);
        }
    }

    private void Write(StringBuilder text, string labels, Series series)
    {
        var counts = series.Counts();
        if (bounds.Count == 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {counts[0]}\n");
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

    private Series Of(LabelValues values) => _series.GetOrAdd(values, static (_, size) => new Series(size), bounds.Count + 1);

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

        public void Add(int bucket, double value)
        {
            Interlocked.Increment(ref _counts[bucket]);
            var seen = Volatile.Read(ref _sum);
            while (value != 0 && Interlocked.CompareExchange(ref _sum, seen + value, seen) is var now && !now.Equals(seen))
            {
                seen = now;
            }
        }

        public long[] Counts() => [.. Enumerable.Range(0, _counts.Length).Select(i => Interlocked.Read(ref _counts[i]))];
    }
}
