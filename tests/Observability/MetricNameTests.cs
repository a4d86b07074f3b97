using System.Text.RegularExpressions;

namespace DaprShop.Tests;

/// <summary>Whatever a rule or a dashboard asks for, somebody measures.</summary>
public sealed partial class MetricNameTests
{
    private static readonly HashSet<string> Words = ["and", "or", "unless", "by", "without", "on", "ignoring", "bool", "offset"];

    /// <summary>Labels that a scrape, the collector, or the runtime's own instruments bring.</summary>
    private static readonly HashSet<string> Brought = ["job", "instance", "le", "http_route", "http_response_status_code", "cpu_mode", "app_id", "status"];

    [Fact]
    public async Task Rules_AskForWhatIsMeasured() => await AskForWhatIsMeasuredAsync(
        RuleFiles.Alerts.Select(alert => (alert.Name, alert.Expression)).Concat(RuleFiles.Records));

    [Fact]
    public async Task Dashboards_AskForWhatIsMeasured() => await AskForWhatIsMeasuredAsync(Dashboards.Queries);

    [Fact]
    public void EachMetricOfTheShop_IsOnADashboardOrInARule()
    {
        var asked = string.Join(' ', Dashboards.Queries.Select(query => query.Expression).Concat(RuleFiles.Alerts.Select(alert => alert.Expression)));

        var forgotten = KnownMetrics.Shop()
            .Select(name => Part().Replace(name, ""))
            .Distinct()
            .Where(name => !asked.Contains(name, StringComparison.Ordinal))
            .ToList();
        Assert.Empty(forgotten);
    }

    [Fact]
    public void Labels_AreOnesThatTheCodeGives()
    {
        var code = string.Join('\n', Repository.Files("services", ".cs").Concat(Repository.Files("sidecar/Metrics", ".cs")).Select(Repository.Read));
        var asked = RuleFiles.Alerts.Select(alert => alert.Expression)
            .Concat(RuleFiles.Records.Select(record => record.Expression))
            .Concat(Dashboards.Queries.Select(query => query.Expression))
            .SelectMany(expression => Labels().Matches(expression).SelectMany(found => found.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries))
                .Concat(Matchers().Matches(expression).Select(found => found.Groups[1].Value)))
            .Distinct();

        var unknown = asked.Where(label => !Brought.Contains(label) && !code.Contains($"\"{label}\"", StringComparison.Ordinal)).ToList();
        Assert.Empty(unknown);
    }

    [Theory]
    [InlineData("sum by (job) (rate(shop_a_total{x=\"b_c\"}[5m])) / on (job) shop:b:rate5m > 1e3", "shop_a_total shop:b:rate5m")]
    [InlineData("absent(up{job=\"x\"}) or histogram_quantile(0.9, a_bucket) unless b", "up a_bucket b")]
    public void NamesIn_AnExpression_AreItsMetrics(string expression, string expected) => Assert.Equal(expected.Split(' '), NamesIn(expression));

    private static async Task AskForWhatIsMeasuredAsync(IEnumerable<(string Name, string Expression)> queries)
    {
        var known = await KnownMetrics.ReadAsync();
        var recorded = RuleFiles.Records.Select(record => record.Name).ToHashSet(StringComparer.Ordinal);

        Assert.Empty(
            from query in queries
            from name in NamesIn(query.Expression)
            where !known.Contains(name) && !recorded.Contains(name)
            select $"{query.Name}: {name}");
    }

    private static IEnumerable<string> NamesIn(string expression) =>
        Names().Matches(Noise().Replace(expression, " ")).Select(name => name.Value).Where(name => !Words.Contains(name));

    /// <summary>Matchers, texts, ranges and lists of labels.</summary>
    [GeneratedRegex("\\{[^}]*\\}|\"[^\"]*\"|\\[[^\\]]*\\]|\\b(by|without|on|ignoring) \\([^)]*\\)|\\b\\d[\\w.]*")]
    private static partial Regex Noise();

    [GeneratedRegex("(?>[a-zA-Z_:][a-zA-Z0-9_:]*)(?!\\s*\\()")]
    private static partial Regex Names();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Part();

    [GeneratedRegex("\\bby \\(([^)]*)\\)")]
    private static partial Regex Labels();

    [GeneratedRegex("[{,]\\s*(\\w+)\\s*(?:=~|!~|!=|=)")]
    private static partial Regex Matchers();
}
