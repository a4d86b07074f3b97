using System.Text.RegularExpressions;

namespace DaprShop.Tests;

/// <summary>The rules themselves, by promtool.</summary>
public sealed partial class RuleTests
{
    private static string Folder => Repository.PathTo(RuleFiles.Folder);

    private static IEnumerable<string> InFolder(IEnumerable<string> files) => files.Select(file => Path.GetRelativePath(Folder, Repository.PathTo(file)));

    [Fact]
    public async Task Configuration_IsOneThatPrometheusTakes()
    {
        var (code, output) = await Promtool.RunAsync(Folder, "check", "config", "prometheus.yaml");

        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task Rules_AreOnesThatPrometheusTakes()
    {
        var (code, output) = await Promtool.RunAsync(Folder, ["check", "rules", .. InFolder(RuleFiles.Rules)]);

        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task Rules_DoWhatTheirTestsSay()
    {
        var (code, output) = await Promtool.RunAsync(Folder, ["test", "rules", .. InFolder(RuleFiles.Tests)]);

        Assert.True(code == 0, output);
    }

    [Fact]
    public void EachAlert_IsTestedBothWays()
    {
        var tested = RuleFiles.Tests.SelectMany(file => Named().Matches(Repository.Read(file)).Select(name => name.Groups[1].Value.Trim()));

        Assert.Equal(
            RuleFiles.Alerts.SelectMany(alert => new[] { $"{alert.Name} fires", $"{alert.Name} stays silent" }).Order(StringComparer.Ordinal),
            tested.Order(StringComparer.Ordinal));
    }

    /// <summary>A test that also holds of a rule that never fires, or always does, tests nothing.</summary>
    [Theory]
    [InlineData("vector(1) > 1")]
    [InlineData("vector(1)")]
    public async Task EachTest_NoticesARuleThatKnowsNothing(string expression)
    {
        var folder = Directory.CreateTempSubdirectory("rules").FullName;
        try
        {
            foreach (var file in RuleFiles.Rules.Concat(RuleFiles.Tests))
            {
                var copy = Path.Combine(folder, Path.GetRelativePath(Folder, Repository.PathTo(file)));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                var text = Repository.Read(file);
                await File.WriteAllTextAsync(copy, file.Contains("/rules/", StringComparison.Ordinal) ? RuleFiles.WithExpressions(text, expression) : text);
            }

            var (_, output) = await Promtool.RunAsync(folder, ["test", "rules", .. InFolder(RuleFiles.Tests)]);

            var noticed = Failed().Matches(output).Select(failed => failed.Groups[1].Value).ToHashSet();
            var unnoticed = RuleFiles.Alerts.Select(alert => alert.Name).Except(noticed).ToList();
            Assert.Empty(unnoticed);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex("^  - name: (.*)$", RegexOptions.Multiline)]
    private static partial Regex Named();

    [GeneratedRegex("alertname: ?(\\w+)")]
    private static partial Regex Failed();
}
