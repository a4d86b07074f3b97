namespace DaprShop.Tests;

/// <summary>What somebody who is woken needs.</summary>
public sealed class AlertTests
{
    /// <summary>CPU above 80 % for five minutes, more than 100 errors in five minutes, a 99th percentile above one second.</summary>
    [Theory]
    [InlineData("CpuIsHigh", "> 0.8", "5m")]
    [InlineData("ManyErrorsLogged", "[5m])) > 100", "")]
    [InlineData("LatencyIsHigh", "p99_5m > 1", "5m")]
    public void TheThreeUsualThresholds_AreThere(string name, string limit, string duration)
    {
        var alert = Assert.Single(RuleFiles.Alerts, alert => alert.Name == name);

        Assert.EndsWith(limit, alert.Expression.Trim(), StringComparison.Ordinal);
        Assert.Equal(duration, alert.For);
    }

    [Fact]
    public void Alerts_AreManyAndEachOnce()
    {
        Assert.InRange(RuleFiles.Alerts.Count, 25, 100);
        Assert.Equal(RuleFiles.Alerts.Count, RuleFiles.Alerts.Select(alert => alert.Name).Distinct().Count());
    }

    [Fact]
    public void EachAlert_SaysWhatItIsHowUrgentAndWhatToDo()
    {
        Assert.All(RuleFiles.Alerts, alert =>
        {
            Assert.Contains(alert.Severity, new[] { "page", "ticket" });
            Assert.NotEmpty(alert.Summary);
            Assert.Equal($"docs/runbooks/{alert.Name}.md", alert.RunbookUrl);
            Assert.True(File.Exists(Repository.PathTo(alert.RunbookUrl)), $"{alert.RunbookUrl} is missing");
        });
    }

    [Fact]
    public void EachRunbook_IsOfAnAlertAndWhole()
    {
        var pages = Repository.Files("docs/runbooks", ".md").Where(page => !page.EndsWith("/README.md", StringComparison.Ordinal)).ToList();
        var index = Repository.Read("docs/runbooks/README.md");

        Assert.Equal(RuleFiles.Alerts.Select(alert => alert.RunbookUrl).Order(StringComparer.Ordinal), pages.Order(StringComparer.Ordinal));
        Assert.All(pages, page =>
        {
            var text = Repository.Read(page);
            Assert.All(
                new[] { "## What it means", "## What to look at", "## What to do", "## When it is over" },
                part => Assert.Contains(part, text, StringComparison.Ordinal));
            Assert.Contains($"({Path.GetFileName(page)})", index, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void EachRunbook_ShowsItsRuleAsItStands() => Assert.All(
        RuleFiles.Alerts,
        alert => Assert.Contains($"```promql\n{Flat(alert.Expression)}\n```", Repository.Read(alert.RunbookUrl), StringComparison.Ordinal));

    private static string Flat(string expression) => string.Join(' ', expression.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
